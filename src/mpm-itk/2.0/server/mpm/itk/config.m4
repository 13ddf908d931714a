if test "$MPM_NAME" = "itk" ; then
    AC_CHECK_HEADERS(linux/capability.h linux/keyctl.h linux/securebits.h linux/seccomp.h linux/filter.h linux/audit.h, [], [
        AC_MSG_ERROR([the itk MPM needs Linux and the headers of its kernel])
    ])
    APACHE_FAST_OUTPUT(server/mpm/$MPM_NAME/Makefile)
fi
