# tools
EXTRA_DIST += %D%/gen-pow10
