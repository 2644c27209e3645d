// The references of the bench: what one would write by hand in C++.
//
//   fused bool N LEVEL        all functions of N <= 6 variables by number of
//                             operators and/or/xor, negated literals free
//   fused block N LEVEL       the same in blocks of 1,024 operands: all hashes first, the
//                             slots prefetched, then the probes
//   fused direct LEVEL        all functions of 4 variables by number of nodes over
//                             and/or/not, a byte for each of the 65,536
//   fused mod ROWS LEVEL FILE programs of +, -, * modulo 97 over the five columns
//                             (uint8, one after another) in FILE
//
// But for `block`, each makes, hashes and probes one candidate after another in a single
// loop, with a hash table of at most half load, and keeps the distinct rows.  Prints
// the candidates, the distinct rows and the seconds.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using u64 = uint64_t;
static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Words {  // distinct 64-bit rows
  std::vector<u64> rows;
  std::vector<uint32_t> slots;
  u64 mask;
  int shift;
  explicit Words(int bits) : slots(size_t(1) << bits, 0), mask(slots.size() - 1), shift(64 - bits) {}
  u64 hash(u64 x) const {  // Fibonacci hashing: the leading bits
    x ^= x >> 32;
    x *= 0x9E3779B97F4A7C15ull;
    return x >> shift;
  }
  void grow() {
    std::vector<uint32_t>(slots.size() * 2, 0).swap(slots);
    mask = slots.size() - 1;
    shift--;
    for (size_t i = 0; i < rows.size(); i++) {
      u64 p = hash(rows[i]);
      while (slots[p]) p = (p + 1) & mask;
      slots[p] = uint32_t(i + 1);
    }
  }
  inline void add(u64 x) {
    u64 p = hash(x);
    while (uint32_t s = slots[p]) {
      if (rows[s - 1] == x) return;
      p = (p + 1) & mask;
    }
    rows.push_back(x);
    slots[p] = uint32_t(rows.size());
    if (rows.size() * 2 > slots.size()) grow();
  }
};

// A block of candidates: hashes, prefetches, probes.
struct Block {
  static constexpr int N = 1024;
  u64 x[N], p[N];
  void add(Words& bank, int count) {
    for (int k = 0; k < count; k++) p[k] = bank.hash(x[k]);
    for (int k = 0; k < count; k++) __builtin_prefetch(&bank.slots[p[k]]);
    int shift = bank.shift;
    for (int k = 0; k < count; k++) {
      if (bank.shift != shift) {  // it has grown
        bank.add(x[k]);
        continue;
      }
      u64 q = p[k];
      for (;;) {
        uint32_t s = bank.slots[q];
        if (!s) {
          bank.rows.push_back(x[k]);
          bank.slots[q] = uint32_t(bank.rows.size());
          if (bank.rows.size() * 2 > bank.slots.size()) bank.grow();
          break;
        }
        if (bank.rows[s - 1] == x[k]) break;
        q = (q + 1) & bank.mask;
      }
    }
  }
};

static int blocks(int n, int most) {
  int size = 1 << n;
  u64 all = size == 64 ? ~0ull : (1ull << size) - 1;
  double start = now();
  Words bank(12);
  bank.add(0);
  bank.add(all);
  for (int v = 0; v < n; v++) {
    u64 x = 0;
    for (int r = 0; r < size; r++)
      if (r >> v & 1) x |= 1ull << r;
    bank.add(x);
    bank.add(x ^ all);
  }
  static Block block;
  u64 made = 0;
  std::vector<size_t> ends{0, bank.rows.size()};
  for (int level = 1; level <= most; level++) {
    for (int i = 0; 2 * i <= level - 1; i++) {
      int j = level - 1 - i;
      for (size_t a = ends[i]; a < ends[i + 1]; a++) {
        u64 x = bank.rows[a];
        for (size_t b = i == j ? a : ends[j]; b < ends[j + 1]; b += Block::N) {
          int count = int(std::min<size_t>(Block::N, ends[j + 1] - b));
          const u64* y = bank.rows.data() + b;
          for (int k = 0; k < count; k++) block.x[k] = x & y[k];
          block.add(bank, count);
          y = bank.rows.data() + b;
          for (int k = 0; k < count; k++) block.x[k] = x | y[k];
          block.add(bank, count);
          y = bank.rows.data() + b;
          for (int k = 0; k < count; k++) block.x[k] = x ^ y[k];
          block.add(bank, count);
          made += 3 * count;
        }
      }
    }
    ends.push_back(bank.rows.size());
  }
  printf("%llu %zu %.6f\n", (unsigned long long)made, bank.rows.size(), now() - start);
  return 0;
}

static int direct(int most) {
  double start = now();
  std::vector<uint8_t> seen(65536, 0);
  std::vector<uint16_t> rows;
  auto add = [&](uint16_t x) {
    if (!seen[x]) {
      seen[x] = 1;
      rows.push_back(x);
    }
  };
  u64 made = 0;
  std::vector<size_t> ends{0};  // ends[k]: the rows of at most k nodes
  for (int v = 0; v < 4; v++) {
    uint16_t x = 0;
    for (int r = 0; r < 16; r++)
      if (r >> v & 1) x |= uint16_t(1 << r);
    add(x);
  }
  ends.push_back(rows.size());
  for (int level = 2; level <= most; level++) {
    for (int i = 1; 2 * i <= level - 1; i++) {
      int j = level - 1 - i;
      for (size_t a = ends[i - 1]; a < ends[i]; a++) {
        uint16_t x = rows[a];
        size_t first = i == j ? a : ends[j - 1], last = ends[j];
        for (size_t b = first; b < last; b++) add(x & rows[b]);
        for (size_t b = first; b < last; b++) add(x | rows[b]);
        made += 2 * (last - first);
      }
    }
    for (size_t a = ends[level - 2]; a < ends[level - 1]; a++) {
      add(uint16_t(~rows[a]));
      made++;
    }
    ends.push_back(rows.size());
    if (rows.size() == 65536) break;
  }
  printf("%llu %zu %.6f\n", (unsigned long long)made, rows.size(), now() - start);
  return 0;
}

static int booleans(int n, int most) {
  int size = 1 << n;
  u64 all = size == 64 ? ~0ull : (1ull << size) - 1;
  double start = now();
  Words bank(12);
  bank.add(0);
  bank.add(all);
  for (int v = 0; v < n; v++) {
    u64 x = 0;
    for (int r = 0; r < size; r++)
      if (r >> v & 1) x |= 1ull << r;
    bank.add(x);
    bank.add(x ^ all);
  }
  u64 made = 0;
  std::vector<size_t> ends{0, bank.rows.size()};
  for (int level = 1; level <= most; level++) {
    for (int i = 0; 2 * i <= level - 1; i++) {
      int j = level - 1 - i;
      for (size_t a = ends[i]; a < ends[i + 1]; a++)
        for (size_t b = i == j ? a : ends[j]; b < ends[j + 1]; b++) {
          u64 x = bank.rows[a], y = bank.rows[b];
          bank.add(x & y);
          bank.add(x | y);
          bank.add(x ^ y);
          made += 3;
        }
    }
    ends.push_back(bank.rows.size());
  }
  printf("%llu %zu %.6f\n", (unsigned long long)made, bank.rows.size(), now() - start);
  return 0;
}

struct Rows {  // distinct rows of bytes, padded to whole words
  size_t width, count = 0;
  std::vector<uint8_t> rows;
  std::vector<uint32_t> slots;
  std::vector<u64> keys;
  u64 mask;
  Rows(size_t width_) : width(width_), slots(4096, 0), keys(2 * width_ / 8), mask(4095) {
    u64 k = 1;
    for (auto& key : keys) key = (k = k * 6364136223846793005ull + 1442695040888963407ull) >> 32;
  }
  u64 hash(const uint8_t* row) const {  // a sum of products, which vectorises
    u64 h = 0;
    for (size_t w = 0; w < width / 8; w++) {
      u64 x;
      memcpy(&x, row + 8 * w, 8);
      h += u64(uint32_t(x) + uint32_t(keys[2 * w])) * u64(uint32_t(x >> 32) + uint32_t(keys[2 * w + 1]));
    }
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15ull;
    return h >> 32;
  }
  const uint8_t* at(size_t i) const { return rows.data() + i * width; }
  void add(const uint8_t* row) {
    u64 p = hash(row) & mask;
    while (uint32_t s = slots[p]) {
      if (!memcmp(at(s - 1), row, width)) return;
      p = (p + 1) & mask;
    }
    rows.insert(rows.end(), row, row + width);
    slots[p] = uint32_t(++count);
    if (count * 2 > slots.size()) {
      std::vector<uint32_t>(slots.size() * 2, 0).swap(slots);
      mask = slots.size() - 1;
      for (size_t i = 0; i < count; i++) {
        u64 q = hash(at(i)) & mask;
        while (slots[q]) q = (q + 1) & mask;
        slots[q] = uint32_t(i + 1);
      }
    }
  }
};

constexpr unsigned P = 97;

static int residues(int n, int most, const char* file) {
  size_t width = (n + 7) / 8 * 8;
  Rows bank(width);
  bank.rows.reserve(size_t(1) << 30);
  std::vector<uint8_t> row(width, 0), left(width, 0);
  FILE* in = fopen(file, "rb");
  for (int c = 0; c < 5; c++) {
    if (!in || fread(row.data(), 1, n, in) != size_t(n)) return 1;
    bank.add(row.data());
  }
  fclose(in);
  double start = now();
  u64 made = 0;
  std::vector<size_t> ends{0, bank.count};
  for (int level = 1; level <= most; level++) {
    for (int i = 0; i <= level - 1; i++) {
      int j = level - 1 - i;
      for (size_t a = ends[i]; a < ends[i + 1]; a++) {
        memcpy(left.data(), bank.at(a), width);
        const uint8_t* x = left.data();
        uint8_t* z = row.data();
        for (size_t b = ends[j]; b < ends[j + 1]; b++) {
          const uint8_t* y = bank.at(b);
          if (i < j || (i == j && a <= b)) {
            for (int r = 0; r < n; r++) {
              unsigned s = x[r] + y[r];
              z[r] = uint8_t(s >= P ? s - P : s);
            }
            bank.add(z);
            y = bank.at(b);
            for (int r = 0; r < n; r++) z[r] = uint8_t(uint16_t(x[r] * y[r]) % P);
            bank.add(z);
            y = bank.at(b);
            made += 2;
          }
          for (int r = 0; r < n; r++) {
            int s = int(x[r]) - int(y[r]);
            z[r] = uint8_t(s < 0 ? s + int(P) : s);
          }
          bank.add(z);
          made += 1;
        }
      }
    }
    ends.push_back(bank.count);
  }
  printf("%llu %zu %.6f\n", (unsigned long long)made, bank.count, now() - start);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 4 && !strcmp(argv[1], "bool")) return booleans(atoi(argv[2]), atoi(argv[3]));
  if (argc == 4 && !strcmp(argv[1], "block")) return blocks(atoi(argv[2]), atoi(argv[3]));
  if (argc == 3 && !strcmp(argv[1], "direct")) return direct(atoi(argv[2]));
  if (argc == 5 && !strcmp(argv[1], "mod")) return residues(atoi(argv[2]), atoi(argv[3]), argv[4]);
  return 2;
}
