#include "icon_sun.h"
#include "logo.h"

int main(void)
{
    return logo_pixels[0] == 0 && icon_sun_pixels[0] == 0;
}
