/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum_vector.h - the sum of csum.c over whole vectors, for processors that have them.
 *
 * Each returns what en_csum_plain() does, as one's-complement numbers, in at most 38 bits for 64 KiB. The odd end is
 * read through a mask (AVX-512) or left to the caller (AVX2): no byte behind the data is touched.
 */
#ifndef EN_CSUM_VECTOR_H
#define EN_CSUM_VECTOR_H

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* Ice Lake and Zen 4 on: older ones have AVX-512 too, but lower their clock for it. */
static inline bool en_csum_has_avx512(void)
{
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}

static inline bool en_csum_has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

__attribute__((target("avx512f,avx512bw"))) static inline __m512i en_csum_halves512(__m512i w)
{
	return _mm512_add_epi64(_mm512_maskz_mov_epi32(0x5555, w), _mm512_srli_epi64(w, 32));
}

__attribute__((target("avx512f,avx512bw"))) static inline uint64_t en_csum_avx512(const uint8_t *p, size_t len)
{
	__m512i a = _mm512_setzero_si512(), b = a;

	for (; len >= 128; p += 128, len -= 128) {
		a = _mm512_add_epi64(a, en_csum_halves512(_mm512_loadu_si512(p)));
		b = _mm512_add_epi64(b, en_csum_halves512(_mm512_loadu_si512(p + 64)));
	}
	if (len >= 64) {
		a = _mm512_add_epi64(a, en_csum_halves512(_mm512_loadu_si512(p)));
		p += 64;
		len -= 64;
	}
	if (len)
		b = _mm512_add_epi64(b, en_csum_halves512(_mm512_maskz_loadu_epi8(UINT64_MAX >> (64 - len), p)));
	return (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(a, b));
}

__attribute__((target("avx2"))) static inline __m256i en_csum_halves256(__m256i w)
{
	return _mm256_add_epi64(_mm256_blend_epi32(w, _mm256_setzero_si256(), 0xaa), _mm256_srli_epi64(w, 32));
}

/* Of the first len / 32 * 32 bytes. */
__attribute__((target("avx2"))) static inline uint64_t en_csum_avx2(const uint8_t *p, size_t len)
{
	__m256i a = _mm256_setzero_si256(), b = a;
	__m128i half;

	for (; len >= 64; p += 64, len -= 64) {
		a = _mm256_add_epi64(a, en_csum_halves256(_mm256_loadu_si256((const __m256i *)(const void *)p)));
		b = _mm256_add_epi64(b, en_csum_halves256(_mm256_loadu_si256((const __m256i *)(const void *)(p + 32))));
	}
	if (len >= 32)
		a = _mm256_add_epi64(a, en_csum_halves256(_mm256_loadu_si256((const __m256i *)(const void *)p)));
	a = _mm256_add_epi64(a, b);
	half = _mm_add_epi64(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
	return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

#endif
#endif
