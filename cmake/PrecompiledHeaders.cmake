# What nearly every file includes of others is compiled once for each program:
# headers are most of what a file costs. Off for the fuzzers, which so show that
# every file includes what it uses.
set(precompile ON)
if(ACME_FUZZ)
  set(precompile OFF)
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
