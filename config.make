# Adds the module to "make modules" and "make install" of nginx's own build.

cat << END >> $NGX_MAKEFILE

.PHONY: ngx_http_acme_module

modules: ngx_http_acme_module

ngx_http_acme_module:
	cmake -S $ngx_addon_dir -B $NGX_OBJS/ngx_http_acme_module \\
		-DCMAKE_BUILD_TYPE=RelWithDebInfo -DACME_BUILD_TESTS=OFF -DACME_BUILD_CTL=OFF \\
		-DNGINX_BUILD_DIR=\$(CURDIR)/$NGX_OBJS
	cmake --build $NGX_OBJS/ngx_http_acme_module
	cp $NGX_OBJS/ngx_http_acme_module/ngx_http_acme_module.so $NGX_OBJS/
END
