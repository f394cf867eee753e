# The flags of our own code, as one target to link with: acme::build_flags.

add_library(acme_build_flags INTERFACE)
add_library(acme::build_flags ALIAS acme_build_flags)

target_compile_features(acme_build_flags INTERFACE cxx_std_20)
target_compile_options(acme_build_flags INTERFACE
  -Wall -Wextra -Wpedantic
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>
  $<$<COMPILE_LANGUAGE:CXX>:-Wshadow>)

# No path of the building machine in what operators run: two builds in two folders are
# the same. The one that comes last is looked at first.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(acme_build_flags INTERFACE
    "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=ngx-acme" "-ffile-prefix-map=${PROJECT_BINARY_DIR}=build")
endif()

# Hardening; tests/module/check_hardening.sh looks at what came of it. What a
# compiler or an architecture does not have is left out.
include(CheckCXXCompilerFlag)
foreach(flag
    stack-protector-strong    # canaries
    stack-clash-protection    # no jump over the guard page
    cf-protection             # x86: indirect branches and returns (CET)
)
  string(MAKE_C_IDENTIFIER "ACME_HAS_${flag}" has_flag)
  check_cxx_compiler_flag("-f${flag}" ${has_flag})
  if(${has_flag})
    target_compile_options(acme_build_flags INTERFACE -f${flag})
  endif()
endforeach()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  target_compile_options(acme_build_flags INTERFACE -mbranch-protection=standard)
endif()
# A packager's own choice stays.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT CMAKE_CXX_FLAGS MATCHES "_FORTIFY_SOURCE")
  target_compile_options(acme_build_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

# clang's control-flow integrity: no virtual call and no cast to a class by a
# wrong object. It needs the whole program at the link, which lld does. Not for
# indirect calls (cfi-icall): to a module, nginx's functions are strangers. Not
# in tests: GoogleTest was not built this way.
include(CheckLinkerFlag)
set(cfi_possible OFF)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug"
   AND NOT ACME_BUILD_TESTS AND NOT ACME_SANITIZE AND NOT ACME_COVERAGE)
  check_linker_flag(CXX -fuse-ld=lld ACME_HAS_LLD)
  set(cfi_possible ${ACME_HAS_LLD})
endif()
option(ACME_CFI "Control-flow integrity, by clang and lld" ${cfi_possible})
if(ACME_CFI)
  set(cfi -flto -fvisibility=hidden -fsanitize=cfi-vcall,cfi-nvcall,cfi-derived-cast)
  target_compile_options(acme_build_flags INTERFACE ${cfi})
  target_link_options(acme_build_flags INTERFACE ${cfi} -fuse-ld=lld)
endif()

if(ACME_FUZZ)
  target_compile_options(acme_build_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(acme_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(ACME_SANITIZE)
  target_compile_options(acme_build_flags INTERFACE
    -fsanitize=${ACME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(acme_build_flags INTERFACE -fsanitize=${ACME_SANITIZE})
endif()

if(ACME_COVERAGE)
  target_compile_options(acme_build_flags INTERFACE --coverage)
  target_link_options(acme_build_flags INTERFACE --coverage)
endif()

# acme_small(TARGET): of what waits for networks, disks and people, size counts
# more than speed, and the time to compile it.
function(acme_small target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo,Release>:-Os>)
endfunction()
