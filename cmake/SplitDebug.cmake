# acme_split_debug(TARGET): a program's debug symbols go to TARGET.debug beside it,
# where debuggers look for them. What is left is what "install --strip" installs.
function(acme_split_debug target)
  if(NOT ACME_SPLIT_DEBUG)
    return()
  endif()
  set(file "$<TARGET_FILE:${target}>")
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND "${CMAKE_OBJCOPY}" --only-keep-debug "${file}" "${file}.debug"
    COMMAND "${CMAKE_STRIP}" "${file}"
    COMMAND "${CMAKE_OBJCOPY}" "--add-gnu-debuglink=${file}.debug" "${file}"
    VERBATIM)
endfunction()
