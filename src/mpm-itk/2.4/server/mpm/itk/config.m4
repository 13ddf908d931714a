AC_MSG_CHECKING(if itk MPM supports this platform)
case $host in
    *-linux-*)
        AC_MSG_RESULT(yes)
        APACHE_MPM_SUPPORTED(itk, yes, no)
        ;;
    *)
        AC_MSG_RESULT(no - it needs Linux)
        ;;
esac
