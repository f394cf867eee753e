# What nearly every file includes of others is compiled once for each program:
# headers are most of what a file costs. Off in what operators build, which so
# shows that every file includes what it uses.
set(precompile OFF)
if(ACME_BUILD_TESTS AND NOT ACME_FUZZ)
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
