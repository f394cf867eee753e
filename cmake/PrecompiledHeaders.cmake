# What nearly every file of the tests includes of others is compiled once for each
# program. Off for the fuzzers, which so show that every file includes what it uses;
# and for what operators run: files that are compiled together gain nothing by it,
# and g++ 12 makes other debug information each time, so that no two builds are the same.
set(precompile OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT ACME_FUZZ)
  set(precompile ON)
endif()
option(ACME_PRECOMPILED_HEADERS "Compile the headers of others once" ${precompile})
if(ACME_PRECOMPILED_HEADERS AND CCACHE)
  # ccache looks at what is precompiled only when it is told to.
  foreach(language C CXX)
    set(CMAKE_${language}_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE}")
  endforeach()
endif()

# acme_precompile(TARGET HEADER...): beside those, the standard library's. The
# target has C++ only.
function(acme_precompile target)
  if(ACME_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <array> <atomic> <chrono> <condition_variable> <filesystem> <fstream>
      <functional> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string>
      <thread> <unordered_map> <variant> <vector>
      <openssl/evp.h> <openssl/ssl.h> <openssl/x509v3.h> ${ARGN})
  endif()
endfunction()

# acme_precompile_as(TARGET OTHER): what OTHER has precompiled. Both have the
# same flags.
function(acme_precompile_as target other)
  if(ACME_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} REUSE_FROM ${other})
  endif()
endfunction()
