set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE) # its 40 files serve command-line tools alone

# Without AMX. GCC 12 takes `_tile_loadconfig` to read 8 of 64 bytes and leaves out the rest of
# llama.cpp's table, so that the first tile instruction ends the process (SIGILL on Sapphire
# Rapids). Matrices of many rows pass through ONNX Runtime anyway.
if(NOT MSVC)
    add_compile_options(-U__AMX_INT8__)
endif()
