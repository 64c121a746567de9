libinterp_a_SOURCES += \
	%D%/ast.c \
	%D%/ast.def \
	%D%/ast.h \
	%D%/dump.c \
	%D%/front.h \
	%D%/lex.c \
	%D%/lex.h \
	%D%/parse.c \
	%D%/parse_args.c \
	%D%/parse_expr.c \
	%D%/parse_int.h \
	%D%/parse_pattern.c \
	%D%/parse_stmt.c \
	%D%/parse_string.c \
	%D%/repr.c \
	%D%/repr.h \
	%D%/source.c \
	%D%/symtab.c \
	%D%/symtab.h \
	%D%/tok.def \
	%D%/unparse.c \
	%D%/README.md
