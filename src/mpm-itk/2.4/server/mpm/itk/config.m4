AC_MSG_CHECKING(if itk MPM supports this platform)
case $host in
    *-linux-*)
        AC_MSG_RESULT(yes)
        AC_CHECK_HEADERS(linux/capability.h linux/keyctl.h linux/securebits.h linux/seccomp.h linux/filter.h linux/audit.h,
            [], [itk_headers_missing=yes])
        if test "$itk_headers_missing" = "yes"; then
            AC_MSG_NOTICE([no itk MPM: the headers of the Linux kernel are missing])
        else
            APACHE_MPM_SUPPORTED(itk, yes, no)
        fi
        ;;
    *)
        AC_MSG_RESULT(no - it needs Linux)
        ;;
esac
