# docs
EXTRA_DIST += \
	%D%/locks.md \
	%D%/memory-order.md \
	%D%/store-format.md
