/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_texts.h - offers and answers as phones and browsers write them, names and addresses made up.
 */
#ifndef TESTS_SDP_TEXTS_H
#define TESTS_SDP_TEXTS_H

/* The audio section of Chromium 156 (tests/vectors/sdp/chromium_call.sdp), with two candidates. */
#define TEXT_CHROMIUM                                                                                                  \
	"v=0\r\n"                                                                                                      \
	"o=- 1072597302730950114 2 IN IP4 127.0.0.1\r\n"                                                               \
	"s=-\r\n"                                                                                                      \
	"t=0 0\r\n"                                                                                                    \
	"a=group:BUNDLE 0\r\n"                                                                                         \
	"a=extmap-allow-mixed\r\n"                                                                                     \
	"a=msid-semantic: WMS aa07a38e\r\n"                                                                            \
	"m=audio 54321 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n"                                                  \
	"c=IN IP4 192.0.2.44\r\n"                                                                                      \
	"a=rtcp:9 IN IP4 0.0.0.0\r\n"                                                                                  \
	"a=candidate:1467250027 1 udp 2122260223 192.0.2.44 54321 typ host generation 0 network-id 1\r\n"              \
	"a=candidate:435653019 1 tcp 1518280447 192.0.2.44 9 typ host tcptype active generation 0\r\n"                 \
	"a=ice-ufrag:yhHn\r\n"                                                                                         \
	"a=ice-pwd:2/XKBpNvDiNtG6296k8ka3Fs\r\n"                                                                       \
	"a=ice-options:trickle\r\n"                                                                                    \
	"a=fingerprint:sha-256 "                                                                                       \
	"13:86:EA:DA:7D:37:69:61:28:57:FA:D8:C7:9E:B5:40:B9:22:93:FF:AC:23:AF:EC:0B:3B:D3:42:D0:05:3C:01\r\n"          \
	"a=setup:actpass\r\n"                                                                                          \
	"a=mid:0\r\n"                                                                                                  \
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"                                                   \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                                                           \
	"a=sendrecv\r\n"                                                                                               \
	"a=msid:aa07a38e f0fa0167\r\n"                                                                                 \
	"a=rtcp-mux\r\n"                                                                                               \
	"a=rtcp-rsize\r\n"                                                                                             \
	"a=rtcp-xr:rcvr-rtt=all\r\n"                                                                                   \
	"a=rtpmap:111 opus/48000/2\r\n"                                                                                \
	"a=rtcp-fb:111 transport-cc\r\n"                                                                               \
	"a=fmtp:111 minptime=10;useinbandfec=1\r\n"                                                                    \
	"a=rtpmap:63 red/48000/2\r\n"                                                                                  \
	"a=fmtp:63 111/111\r\n"                                                                                        \
	"a=rtpmap:9 G722/8000\r\n"                                                                                     \
	"a=rtpmap:0 PCMU/8000\r\n"                                                                                     \
	"a=rtpmap:8 PCMA/8000\r\n"                                                                                     \
	"a=rtpmap:13 CN/8000\r\n"                                                                                      \
	"a=rtpmap:110 telephone-event/48000\r\n"                                                                       \
	"a=rtpmap:126 telephone-event/8000\r\n"                                                                        \
	"a=ssrc:2539618934 cname:B2LsMV9CtrM91+UG\r\n"                                                                 \
	"a=ssrc:2539618934 msid:aa07a38e f0fa0167\r\n"

/* A soft phone: no rtpmap for static types, a separate RTCP port, attributes of its own. */
#define TEXT_PHONE                                                                                                     \
	"v=0\r\n"                                                                                                      \
	"o=alice 3917 1244 IN IP4 192.0.2.10\r\n"                                                                      \
	"s=Talk\r\n"                                                                                                   \
	"c=IN IP4 192.0.2.10\r\n"                                                                                      \
	"b=AS:380\r\n"                                                                                                 \
	"t=0 0\r\n"                                                                                                    \
	"a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"                                 \
	"a=record:off\r\n"                                                                                             \
	"m=audio 7078 RTP/AVP 96 97 98 0 8 18 101 99\r\n"                                                              \
	"a=rtpmap:96 opus/48000/2\r\n"                                                                                 \
	"a=fmtp:96 useinbandfec=1\r\n"                                                                                 \
	"a=rtpmap:97 speex/16000\r\n"                                                                                  \
	"a=fmtp:97 vbr=on\r\n"                                                                                         \
	"a=rtpmap:98 speex/8000\r\n"                                                                                   \
	"a=fmtp:98 vbr=on\r\n"                                                                                         \
	"a=fmtp:18 annexb=yes\r\n"                                                                                     \
	"a=rtpmap:101 telephone-event/48000\r\n"                                                                       \
	"a=fmtp:101 0-15\r\n"                                                                                          \
	"a=rtpmap:99 telephone-event/8000\r\n"                                                                         \
	"a=rtcp:7079\r\n"                                                                                              \
	"a=ptime:20\r\n"                                                                                               \
	"a=sendrecv\r\n"                                                                                               \
	"a=X-vendor-thing:as it was; 100% \t kept\r\n"                                                                 \
	"a=rtcp-fb:* trr-int 1000\r\n"                                                                                 \
	"m=video 9078 RTP/AVP 96 97\r\n"                                                                               \
	"a=rtpmap:96 VP8/90000\r\n"                                                                                    \
	"a=rtpmap:97 H264/90000\r\n"                                                                                   \
	"a=fmtp:97 profile-level-id=42801F\r\n"                                                                        \
	"a=rtcp:9079\r\n"

/* Keys in clear; the first suite is one that nobody here has. */
#define TEXT_SDES                                                                                                      \
	"v=0\r\n"                                                                                                      \
	"o=- 20518 0 IN IP4 203.0.113.1\r\n"                                                                           \
	"s=-\r\n"                                                                                                      \
	"t=0 0\r\n"                                                                                                    \
	"m=audio 54400 RTP/SAVP 8 101\r\n"                                                                             \
	"c=IN IP4 203.0.113.1\r\n"                                                                                     \
	"a=rtpmap:8 PCMA/8000\r\n"                                                                                     \
	"a=rtpmap:101 telephone-event/8000\r\n"                                                                        \
	"a=fmtp:101 0-15\r\n"                                                                                          \
	"a=crypto:1 AES_256_CM_HMAC_SHA1_80 "                                                                          \
	"inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVmMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\r\n"                          \
	"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"              \
	"a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20\r\n"                  \
	"a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj UNENCRYPTED_SRTCP\r\n"     \
	"a=ptime:20\r\n"                                                                                               \
	"a=sendonly\r\n"

#define TEXT_IPV6                                                                                                      \
	"v=0\n"                                                                                                        \
	"o=bob 1 1 IN IP6 2001:db8::10\n"                                                                              \
	"s=call\n"                                                                                                     \
	"c=IN IP6 2001:db8::10\n"                                                                                      \
	"t=0 0\n"                                                                                                      \
	"a=inactive\n"                                                                                                 \
	"m=audio 4000 RTP/AVP 0\n"                                                                                     \
	"a=rtcp:4010 IN IP6 2001:db8::11\n"                                                                            \
	"m=audio 4002 RTP/AVPF 9\n"                                                                                    \
	"i=the second\n"                                                                                               \
	"c=IN IP6 2001:db8::12\n"                                                                                      \
	"a=recvonly\n"

/* An answer that takes no video; on hold in the way of RFC 2543. */
#define TEXT_NO_VIDEO                                                                                                  \
	"v=0\r\n"                                                                                                      \
	"o=carol 28908764872 28908764872 IN IP4 198.51.100.7\r\n"                                                      \
	"s=-\r\n"                                                                                                      \
	"c=IN IP4 0.0.0.0\r\n"                                                                                         \
	"t=0 0\r\n"                                                                                                    \
	"m=audio 49170 RTP/AVP 0 97\r\n"                                                                               \
	"a=rtpmap:97 iLBC/8000\r\n"                                                                                    \
	"m=video 0 RTP/AVP 31 34\r\n"                                                                                  \
	"a=rtpmap:34 H263/90000\r\n"                                                                                   \
	"m=image 4010 udptl t38\r\n"                                                                                   \
	"a=T38FaxVersion:0\r\n"

/* What a browser with bundlePolicy "max-bundle" offers; the transport of the bundle stands in the session's part. */
#define TEXT_BUNDLE_ONLY                                                                                               \
	"v=0\r\n"                                                                                                      \
	"o=- 4962303333179871722 1 IN IP4 0.0.0.0\r\n"                                                                 \
	"s=-\r\n"                                                                                                      \
	"t=0 0\r\n"                                                                                                    \
	"a=ice-options:trickle ice2\r\n"                                                                               \
	"a=ice-lite\r\n"                                                                                               \
	"a=fingerprint:sha-1 11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44\r\n"                          \
	"a=fingerprint:sha-256 "                                                                                       \
	"19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:BB:05:2F:70:9F:04:A9:0E:05:E9:26:33:E8:70:88:A2\r\n"          \
	"a=setup:passive\r\n"                                                                                          \
	"a=group:LS a1 v1\r\n"                                                                                         \
	"a=group:BUNDLE a1 v1 nobody v2\r\n"                                                                           \
	"m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n"                                                                           \
	"c=IN IP4 0.0.0.0\r\n"                                                                                         \
	"a=mid:a1\r\n"                                                                                                 \
	"a=sendrecv\r\n"                                                                                               \
	"a=rtpmap:96 opus/48000/2\r\n"                                                                                 \
	"a=maxptime:120\r\n"                                                                                           \
	"a=ice-ufrag:ETEn1v9DoTMB9J4r\r\n"                                                                             \
	"a=ice-pwd:OtSK0WpNtpUjkY4+86js7ZQl\r\n"                                                                       \
	"a=rtcp-mux\r\n"                                                                                               \
	"a=rtcp-mux-only\r\n"                                                                                          \
	"a=candidate:1 1 udp 2130706431 203.0.113.9 3480 typ host\r\n"                                                 \
	"a=candidate:2 1 udp 1694498815 203.0.113.10 3481 typ srflx raddr 10.0.0.1 rport 3480\r\n"                     \
	"a=end-of-candidates\r\n"                                                                                      \
	"m=video 0 UDP/TLS/RTP/SAVPF 100 101\r\n"                                                                      \
	"c=IN IP4 0.0.0.0\r\n"                                                                                         \
	"a=bundle-only\r\n"                                                                                            \
	"a=mid:v1\r\n"                                                                                                 \
	"a=sendonly\r\n"                                                                                               \
	"a=rtpmap:100 VP8/90000\r\n"                                                                                   \
	"a=rtpmap:101 rtx/90000\r\n"                                                                                   \
	"a=fmtp:101 apt=100\r\n"                                                                                       \
	"a=rtcp-fb:100 nack pli\r\n"                                                                                   \
	"a=setup:active\r\n"                                                                                           \
	"a=rid:h send\r\n"                                                                                             \
	"a=simulcast:send h\r\n"                                                                                       \
	"m=video 0 UDP/TLS/RTP/SAVPF 100\r\n"                                                                          \
	"a=mid:v2\r\n"                                                                                                 \
	"a=rtpmap:100 VP8/90000\r\n"                                                                                   \
	"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"                                                         \
	"a=sctp-port:5000\r\n"

static const char *const all_texts[] = {TEXT_CHROMIUM, TEXT_PHONE,    TEXT_SDES,
					TEXT_IPV6,     TEXT_NO_VIDEO, TEXT_BUNDLE_ONLY};

#define TEXT_N (sizeof(all_texts) / sizeof(all_texts[0]))

#endif
