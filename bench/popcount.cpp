// The plain pass that `reach_speed.py` compares with: rows of booleans lie one after another, and
// for each row and each context the wrong training rows are counted, word by word.

#include <cstdint>

// words: (rows, width); base, change: (contexts, width); least: (contexts), the fewest wrong.
extern "C" void plain_pass(const uint64_t *words, int64_t rows, int64_t width,
                           const uint64_t *base, const uint64_t *change, int64_t contexts,
                           int64_t *least) {
    for (int64_t c = 0; c < contexts; c++) least[c] = INT64_MAX;
    for (int64_t r = 0; r < rows; r++) {
        const uint64_t *row = words + r * width;
        for (int64_t c = 0; c < contexts; c++) {
            const uint64_t *b = base + c * width, *d = change + c * width;
            int64_t wrong = 0;
            for (int64_t w = 0; w < width; w++) wrong += __builtin_popcountll(b[w] ^ (row[w] & d[w]));
            if (wrong < least[c]) least[c] = wrong;
        }
    }
}
