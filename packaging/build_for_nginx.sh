#!/bin/sh
# Builds the module and acmectl for the nginx that is installed here, whose source there
# is in NGINX-TREE: configured as "nginx -V" says that the program was. For packages that
# have no headers in a package of their own, such as nginx.org's.
#
#   packaging/build_for_nginx.sh NGINX-TREE OUT-FOLDER
#
# OUT-FOLDER is a root folder: OUT-FOLDER/usr/lib/nginx/modules and so on. More options for
# CMake: ACME_CMAKE_OPTIONS, such as -DACME_STATE_PREFIX=/var/lib/nginx.
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
tree=$1
out=$2

cd "$tree"
# "nginx -V" prints its arguments with the quotes that a shell wants.
eval "set -- $(nginx -V 2>&1 | sed -n 's/^configure arguments: //p')"
export ACME_CMAKE_OPTIONS="-DACME_BUILD_CTL=ON -DCMAKE_INSTALL_PREFIX=/usr ${ACME_CMAKE_OPTIONS-}"
./configure "$@" --add-dynamic-module="$source"
jobs=$(nproc)
make -f objs/Makefile -j "$jobs" ngx_http_acme_module
cmake --build objs/ngx_http_acme_module --parallel "$jobs" --target acmectl completions
DESTDIR=$out cmake --install objs/ngx_http_acme_module --strip
