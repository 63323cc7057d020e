add_custom_target(images
  COMMAND ${BITPLANE} build -q -f ${manifest}
  BYPRODUCTS ${images}
  VERBATIM)
