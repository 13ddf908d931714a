dnl The switch experiment (docs/lab.md). Off unless asked for by name.

APACHE_MODPATH_INIT(lab)

APACHE_MODULE(itk_switch, the switch experiment: any script becomes root, , , no)

APACHE_MODPATH_FINISH
