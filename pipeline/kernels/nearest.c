/* Nearest entry: the least squared distance, the first of equals. */
#include "kernels.h"

void bp_nearest(const int64_t *points, size_t n, const int64_t *centers, size_t k, int64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const int64_t *p = points + 3 * i;
        int64_t best = INT64_MAX;
        for (size_t j = 0; j < k; j++) {
            const int64_t *c = centers + 3 * j;
            int64_t x = p[0] - c[0], y = p[1] - c[1], z = p[2] - c[2];
            int64_t apart = x * x + y * y + z * z;
            if (apart < best) {
                best = apart;
                out[i] = (int64_t)j;
            }
        }
    }
}
