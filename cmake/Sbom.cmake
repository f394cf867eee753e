# The software bill of materials (SPDX 2.3, tag-value): which files "cmake --install" has
# put where, with their checksums, and which versions of libraries they were built with.
# Included last, so that it sees all files; cmake/write_sbom.cmake makes it.
file(STRINGS "${nginx_source}/src/core/nginx.h" nginx_version REGEX "define NGINX_VERSION ")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" nginx_version "${nginx_version}")

set(sbom_libraries
  "nginx ${nginx_version}" "openssl ${OPENSSL_VERSION}" "curl ${CURL_VERSION_STRING}"
  "c-ares ${CARES_VERSION}" "ldns ${LDNS_VERSION}" "libpsl ${PSL_VERSION}"
  "libidn2 ${IDN2_VERSION}" "nlohmann-json ${nlohmann_json_VERSION}")
if(ACME_REDIS)
  list(APPEND sbom_libraries "hiredis ${HIREDIS_VERSION}")
endif()
if(ACME_BUILD_CTL)
  find_package(CLI11 QUIET)
  list(APPEND sbom_libraries "cli11 ${CLI11_VERSION}")
endif()

set(sbom_file "${CMAKE_INSTALL_FULL_DOCDIR}/${PROJECT_NAME}.spdx")
configure_file(cmake/write_sbom.cmake.in "${PROJECT_BINARY_DIR}/write_sbom.cmake" @ONLY)
install(SCRIPT "${PROJECT_BINARY_DIR}/write_sbom.cmake" COMPONENT sbom)
