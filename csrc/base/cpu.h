// What the kernels are compiled for. Included by a module of its own, which holds no other code of the core: that may
// use instructions that the processor lacks, and does so as soon as it is loaded.
#pragma once
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace fastseq {

struct CpuFeature {
  const char* name;
  bool present;
};

// What this processor has of the features that csrc/CMakeLists.txt compiles kernels for; `*count` of them.
inline const CpuFeature* required_cpu_features(int* count) {
#if defined(__x86_64__) || defined(__i386__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid(1, &a, &b, &c, &d);  // leaves zeros where there is no such leaf
  static const CpuFeature features[] = {
      {"SSE3", (c & bit_SSE3) != 0},     {"SSSE3", (c & bit_SSSE3) != 0},   {"SSE4.1", (c & bit_SSE4_1) != 0},
      {"SSE4.2", (c & bit_SSE4_2) != 0}, {"POPCNT", (c & bit_POPCNT) != 0},
  };
  *count = sizeof(features) / sizeof(features[0]);
  return features;
#else  // of ARM, whatever every 64-bit processor has
  *count = 0;
  return nullptr;
#endif
}

}  // namespace fastseq
