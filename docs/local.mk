# docs
EXTRA_DIST += \
	%D%/bytecode.md \
	%D%/locks.md \
	%D%/memory-order.md \
	%D%/store-format.md
