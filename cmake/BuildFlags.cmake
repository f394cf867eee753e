# The flags of our own code, as one target to link with: acme::build_flags.

add_library(acme_build_flags INTERFACE)
add_library(acme::build_flags ALIAS acme_build_flags)

target_compile_features(acme_build_flags INTERFACE cxx_std_20)
target_compile_options(acme_build_flags INTERFACE
  -Wall -Wextra -Wpedantic
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>
  $<$<COMPILE_LANGUAGE:CXX>:-Wshadow>
  -fstack-protector-strong)

if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(acme_build_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
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
