dnl The itk MPM of httpd 2.4 with guards that the environment can take out (docs/lab.md):
dnl ITK_LAB_WITHOUT names one when the server starts, see itk_guard.h.

AC_ARG_ENABLE(itk-lab-guards,
  APACHE_HELP_STRING(--enable-itk-lab-guards,guards of the itk MPM that the environment takes out),
  [
    if ap_mpm_is_enabled itk && test "$enableval" != "no" ; then
      APR_ADDTO(CPPFLAGS, [-DITK_LAB])
    fi
  ])
