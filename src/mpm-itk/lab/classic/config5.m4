dnl 5: after server/mpm/config.m4, which says what MPM_NAME is.

if test "$MPM_NAME" = "classic" ; then
    AC_CHECK_HEADERS(linux/capability.h linux/keyctl.h linux/securebits.h, [], [
        AC_MSG_ERROR([the classic MPM needs Linux and the headers of its kernel])
    ])
    APACHE_FAST_OUTPUT(server/mpm/$MPM_NAME/Makefile)
fi
