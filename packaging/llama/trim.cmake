set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE) # its 40 files serve command-line tools alone
