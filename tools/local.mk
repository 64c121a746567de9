# tools
EXTRA_DIST += %D%/gen-bytecode-doc %D%/gen-pow10
