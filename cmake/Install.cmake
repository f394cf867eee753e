# Where "cmake --install" puts things: GNUInstallDirs, and the folder in which the nginx
# that is built for looks for "modules/NAME.so". Included after cmake/Nginx.cmake.
#
# Components: module, acmectl, and sbom, which lists what the others have installed.
include(GNUInstallDirs)

# What "nginx -V" will print of that nginx; spaces in a path are not foreseen.
file(STRINGS "${nginx_objs}/ngx_auto_config.h" nginx_options REGEX "define NGX_CONFIGURE ")
set(nginx_prefix "/usr/local/nginx")
if(nginx_options MATCHES " --prefix=([^ \"]+)")
  set(nginx_prefix "${CMAKE_MATCH_1}")
endif()
if(NOT nginx_options)
  set(modules_dir "lib/nginx/modules")
elseif(nginx_options MATCHES " --modules-path=([^ \"]+)")
  get_filename_component(modules_dir "${CMAKE_MATCH_1}" ABSOLUTE BASE_DIR "${nginx_prefix}")
else()
  set(modules_dir "${nginx_prefix}/modules")
endif()

# STRING: a relative folder is one of CMAKE_INSTALL_PREFIX.
set(ACME_MODULES_DIR "${modules_dir}" CACHE STRING "Where nginx looks for modules")
set(ACME_BASH_COMPLETIONS_DIR "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" CACHE STRING
  "Where bash looks for completions")
set(ACME_ZSH_COMPLETIONS_DIR "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" CACHE STRING
  "Where zsh looks for completions")
