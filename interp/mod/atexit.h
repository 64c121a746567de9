/* atexit.h: what the end of the program calls. */
#ifndef INTERP_MOD_ATEXIT_H
#define INTERP_MOD_ATEXIT_H

/* Runs what atexit.register was given, last first; exceptions go to sys.unraisablehook.  Nothing if the module was never imported. */
void py_atexit_run(void);

#endif
