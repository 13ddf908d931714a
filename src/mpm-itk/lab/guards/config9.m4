dnl The itk MPM with guards that the environment can take out (docs/lab.md):
dnl ITK_LAB_WITHOUT names one when the server starts, see itk_guard.h.

AC_ARG_ENABLE(itk-lab-guards,
  APACHE_HELP_STRING(--enable-itk-lab-guards,guards of the itk MPM that the environment takes out),
  [
    if test "$MPM_NAME" = "itk" -a "$enableval" != "no" ; then
      APR_ADDTO(CPPFLAGS, [-DITK_LAB])
    fi
  ])
