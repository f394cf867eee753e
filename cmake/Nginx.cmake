# nginx's headers as a target: nginx::headers.
#
# NGINX_BUILD_DIR names the "objs" folder of an nginx tree one has configured
# oneself, and NGINX_SOURCE_DIR the tree where that folder is not in it. Without it, the distribution's nginx-dev package is used: its
# `configure` runs in the build tree with the flags nginx was built with
# (conf_flags), which makes ngx_auto_config.h and ngx_auto_headers.h.

set(NGINX_BUILD_DIR "" CACHE PATH "The objs folder of a configured nginx tree; empty: nginx-dev")
set(NGINX_SOURCE_DIR "" CACHE PATH "The tree of NGINX_BUILD_DIR; empty: the folder above it")
set(NGINX_DEV_DIR "/usr/share/nginx/src" CACHE PATH "Where nginx-dev keeps headers and configure")

if(NGINX_BUILD_DIR)
  get_filename_component(nginx_objs "${NGINX_BUILD_DIR}" ABSOLUTE)
  set(nginx_source "${NGINX_SOURCE_DIR}")
  if(NOT nginx_source)
    get_filename_component(nginx_source "${nginx_objs}/.." ABSOLUTE)
  endif()
else()
  set(nginx_source "${NGINX_DEV_DIR}")
  set(nginx_objs "${CMAKE_BINARY_DIR}/nginx-objs")
  if(NOT EXISTS "${nginx_source}/configure")
    message(FATAL_ERROR
      "${nginx_source}/configure not found: install nginx-dev, "
      "or give -DNGINX_BUILD_DIR=<nginx>/objs")
  endif()
  if(NOT EXISTS "${nginx_objs}/ngx_auto_config.h")
    message(STATUS "Configuring nginx's headers in ${nginx_objs}")
    # configure wants to be run from its own folder and to write there; a
    # folder of links keeps the package's files as they are.
    set(mirror "${CMAKE_BINARY_DIR}/nginx-src")
    file(MAKE_DIRECTORY "${mirror}")
    foreach(entry auto src configure)
      file(CREATE_LINK "${nginx_source}/${entry}" "${mirror}/${entry}" SYMBOLIC)
    endforeach()
    execute_process(
      COMMAND bash -c
        "source '${nginx_source}/conf_flags' && ./configure \"\${NGX_CONF_FLAGS[@]}\" --builddir='${nginx_objs}'"
      WORKING_DIRECTORY "${mirror}"
      OUTPUT_FILE "${CMAKE_BINARY_DIR}/nginx-configure.log"
      ERROR_FILE "${CMAKE_BINARY_DIR}/nginx-configure.err"
      RESULT_VARIABLE nginx_configure_result)
    if(NOT nginx_configure_result EQUAL 0)
      message(FATAL_ERROR
        "nginx's configure failed; see nginx-configure.log and nginx-configure.err in "
        "${CMAKE_BINARY_DIR}")
    endif()
  endif()
endif()

if(NOT EXISTS "${nginx_objs}/ngx_auto_config.h")
  message(FATAL_ERROR "${nginx_objs}/ngx_auto_config.h not found: run nginx's configure first")
endif()

add_library(nginx_headers INTERFACE)
add_library(nginx::headers ALIAS nginx_headers)
# SYSTEM: the warnings of nginx's headers stay nginx's.
target_include_directories(nginx_headers SYSTEM INTERFACE
  "${nginx_objs}"
  "${nginx_source}/src/core"
  "${nginx_source}/src/event"
  "${nginx_source}/src/event/modules"
  "${nginx_source}/src/event/quic"
  "${nginx_source}/src/os/unix"
  "${nginx_source}/src/http"
  "${nginx_source}/src/http/modules"
  "${nginx_source}/src/http/v2"
  "${nginx_source}/src/http/v3")
