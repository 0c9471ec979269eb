/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srtp_vectors.h - the published keys, keystreams and packets of SRTP, as hexadecimal text.
 *
 * RFC 3711 appendix B.2 and B.3, RFC 6188 s7.1 and s7.2, RFC 7714 s16 and s17 (as its subsections have it, not its
 * preamble), and the reference packets of libsrtp2's own validation.
 */
#ifndef VECTORS_SRTP_VECTORS_H
#define VECTORS_SRTP_VECTORS_H

struct srtp_kdf_vector {
	const char *name;
	unsigned int key_len, salt_len; /* bytes */
	const char *master_key, *master_salt;
	const char *key, *salt, *auth;
};

static const struct srtp_kdf_vector srtp_kdf_vectors[] = {
	{"RFC 3711 B.3", 16, 14, "e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6",
	 "c61e7a93744f39ee10734afe3ff7a087", "30cbbc08863d8c85d49db34a9ae1",
	 "cebe321f6ff7716b6fd4ab49af256a156d38baa4"},
	{"RFC 6188 s7.2", 32, 14, "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
	 "3b04803de51ee7c96423ab5b78d2", "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
	 "fa31791685ca444a9e07c6c64e93", "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"},
};

/* RFC 3711 B.2: session key and salt; SSRC, ROC and SEQ are 0. The first three blocks of keystream, and those from
 * 0xfeff on. */
#define SRTP_B2_KEY  "2b7e151628aed2a6abf7158809cf4f3c"
#define SRTP_B2_SALT "f0f1f2f3f4f5f6f7f8f9fafbfcfd"
#define SRTP_B2_STREAM                                                                                                 \
	"e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0"
#define SRTP_B2_STREAM_END                                                                                             \
	"ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44"

/* RFC 6188 s7.1: likewise, with the same salt */
#define SRTP_6188_KEY "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98"
#define SRTP_6188_STREAM                                                                                               \
	"92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31"
#define SRTP_6188_STREAM_END                                                                                           \
	"cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d6eb246913062a16891433e97dd01a57f"

/* Packets under given session keys: RFC 7714 s16.1.1, s16.2.1, s17.1, s17.2. The index is in the packet. */
struct srtp_aead_vector {
	const char *name;
	bool wide, rtcp; /* 256 bits */
	const char *plain, *protected;
};

#define SRTP_AEAD_KEY                                                                                                  \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" /* 128 bits: its first half                 \
									    */
#define SRTP_AEAD_SALT "517569642070726f2071756f"
#define SRTP_AEAD_RTP                                                                                                  \
	"8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
#define SRTP_AEAD_RTCP                                                                                                 \
	"81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
#define SRTP_AEAD_RTCP_INDEX 0x5d4

static const struct srtp_aead_vector srtp_aead_vectors[] = {
	{"RFC 7714 s16.1.1", false, false, SRTP_AEAD_RTP,
	 "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
	 "899d7f27beb16a9152cf765ee4390cce"},
	{"RFC 7714 s16.2.1", true, false, SRTP_AEAD_RTP,
	 "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
	 "7aa3db36dfffd6b0f9bb7878d7a76c13"},
	{"RFC 7714 s17.1", false, true, SRTP_AEAD_RTCP,
	 "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
	 "c84aa45896cf4d2fc5abf87245d9eade800005d4"},
	{"RFC 7714 s17.2", true, true, SRTP_AEAD_RTCP,
	 "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
	 "1d1eb30c4446839f57ff6f6cb26ac3be800005d4"},
};
/* RFC 7714 s17.3, s17.4: authenticated only, E is clear */
#define SRTP_AEAD_TAG_128     "841dd9683dd78ec92ae58790125f62b3"
#define SRTP_AEAD_TAG_256     "91db4afbfeee5a978fab4393ed2615fe"
#define SRTP_AEAD_RTCP_TAGGED SRTP_AEAD_RTCP SRTP_AEAD_TAG_128 "000005d4"

/* libsrtp2's reference packets, AES_CM_128_HMAC_SHA1_80 under the master key of RFC 3711 B.3 */
#define SRTP_CM_RTP            "800f1234decafbadcafebabeabababababababababababababababab"
#define SRTP_CM_RTP_PROTECTED  "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
#define SRTP_CM_RTCP           "81c8000bcafebabeabababababababababababababababab"
#define SRTP_CM_RTCP_PROTECTED "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798"

#endif
