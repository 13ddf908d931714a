dnl All that lies here is the MPM's: the core and the adapter to this line.
itk_objects=
for itk_source in $srcdir/server/mpm/itk/*.c; do
    itk_objects="$itk_objects `basename $itk_source .c`.lo"
done

APACHE_MPM_MODULE(itk, $enable_mpm_itk, $itk_objects)
