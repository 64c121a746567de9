# docs
EXTRA_DIST += \
	%D%/README.md \
	%D%/bytecode.md \
	%D%/debugging.md \
	%D%/gaps.md \
	%D%/glossary.md \
	%D%/locks.md \
	%D%/memory-order.md \
	%D%/store-format.md \
	%D%/testing.md \
	%D%/tour.md \
	%D%/transactions.md
