/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_names.c - methods and error codes in words.
 *
 * Specs:     RFC 8489 s14.8, s18.2; RFC 8656 s17, s19.
 */
#include "engine/wire/stun.h"

const char *wire_stun_method_name(unsigned int method)
{
	switch (method) {
	case WIRE_STUN_BINDING:
		return "Binding";
	case WIRE_STUN_ALLOCATE:
		return "Allocate";
	case WIRE_STUN_REFRESH:
		return "Refresh";
	case WIRE_STUN_SEND:
		return "Send";
	case WIRE_STUN_DATA:
		return "Data";
	case WIRE_STUN_CREATE_PERMISSION:
		return "CreatePermission";
	case WIRE_STUN_CHANNEL_BIND:
		return "ChannelBind";
	default:
		return "unknown";
	}
}

const char *wire_stun_error_reason(unsigned int code)
{
	switch (code) {
	case WIRE_ERR_TRY_ALTERNATE:
		return "Try Alternate";
	case WIRE_ERR_BAD_REQUEST:
		return "Bad Request";
	case WIRE_ERR_UNAUTHENTICATED:
		return "Unauthenticated";
	case WIRE_ERR_FORBIDDEN:
		return "Forbidden";
	case WIRE_ERR_UNKNOWN_ATTRIBUTE:
		return "Unknown Attribute";
	case WIRE_ERR_ALLOCATION_MISMATCH:
		return "Allocation Mismatch";
	case WIRE_ERR_STALE_NONCE:
		return "Stale Nonce";
	case WIRE_ERR_FAMILY_NOT_SUPPORTED:
		return "Address Family not Supported";
	case WIRE_ERR_WRONG_CREDENTIALS:
		return "Wrong Credentials";
	case WIRE_ERR_UNSUPPORTED_TRANSPORT:
		return "Unsupported Transport Protocol";
	case WIRE_ERR_PEER_FAMILY_MISMATCH:
		return "Peer Address Family Mismatch";
	case WIRE_ERR_QUOTA_REACHED:
		return "Allocation Quota Reached";
	case WIRE_ERR_ROLE_CONFLICT:
		return "Role Conflict";
	case WIRE_ERR_SERVER_ERROR:
		return "Server Error";
	case WIRE_ERR_INSUFFICIENT_CAPACITY:
		return "Insufficient Capacity";
	default:
		return "";
	}
}
