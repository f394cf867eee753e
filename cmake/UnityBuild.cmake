# The files of one folder are compiled as one, some at a time: the headers that
# they include are most of what each of them costs. So names in anonymous
# namespaces are unique within a folder. Files are compiled alone for the
# fuzzers, which so show that each includes what it uses.
set(unity ON)
if(ACME_FUZZ)
  set(unity OFF)
endif()
option(ACME_UNITY_BUILD "Compile the files of a folder together" ${unity})

# acme_unity(TARGET [MOST]): no more than MOST files at once.
function(acme_unity target)
  if(NOT ACME_UNITY_BUILD)
    return()
  endif()
  set(most 32)
  if(ARGC GREATER 1)
    set(most ${ARGV1})
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder "${source}" DIRECTORY)
    string(MAKE_C_IDENTIFIER "in_${folder}" group)
    math(EXPR number_${group} "${number_${group}}+1")
    math(EXPR part "(${number_${group}}-1)/${most}")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${group}_${part}")
  endforeach()
endfunction()
