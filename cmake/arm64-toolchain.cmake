# Builds for arm64 by Debian's cross compiler, and runs the tests by qemu-user:
#   cmake --preset dev --toolchain cmake/arm64-toolchain.cmake
# docs/build.md names the packages.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
# pkg-config must not name the libraries of this machine.
set(PKG_CONFIG_EXECUTABLE aarch64-linux-gnu-pkg-config)
