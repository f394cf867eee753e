# Adds the module to "make modules" and "make install" of nginx's own build.
#
# ACME_CMAKE_OPTIONS in the environment of ./configure has more options for CMake. The
# flags of the compiler and the linker are those in CXXFLAGS and its like of make's.

case $NGX_OBJS in
    /*) acme_nginx_objs=$NGX_OBJS ;;
    *) acme_nginx_objs=\$\(CURDIR\)/$NGX_OBJS ;;
esac

cat << END >> $NGX_MAKEFILE

.PHONY: ngx_http_acme_module

modules: ngx_http_acme_module

ngx_http_acme_module:
	cmake -S "$ngx_addon_dir" -B "$acme_nginx_objs/ngx_http_acme_module" \\
		-DCMAKE_BUILD_TYPE=RelWithDebInfo -DACME_BUILD_TESTS=OFF -DACME_BUILD_CTL=OFF \\
		-DNGINX_BUILD_DIR="$acme_nginx_objs" -DNGINX_SOURCE_DIR="\$(CURDIR)" \\
		$ACME_CMAKE_OPTIONS
	+cmake --build "$acme_nginx_objs/ngx_http_acme_module" --target ngx_http_acme_module
	cp "$acme_nginx_objs/ngx_http_acme_module/ngx_http_acme_module.so" "$acme_nginx_objs/"
END
