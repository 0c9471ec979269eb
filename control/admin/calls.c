/* SPDX-License-Identifier: BSD-3-Clause */
/* calls.c - what is known of rooms, sessions, data channels and calls, as JSON documents. */
#include "control/admin/internal.h"
#include "control/gateway/gateway.h"
#include "control/signal/signal.h"

json_t *cp_admin_rooms(const struct cp_control *control)
{
	json_t *list = control->signal ? cp_signal_rooms_json(control->signal) : json_array();

	return json_pack("{s:o}", "rooms", list);
}

json_t *cp_admin_sessions(const struct cp_control *control)
{
	json_t *list = control->signal ? cp_signal_sessions_json(control->signal) : json_array();

	return json_pack("{s:o}", "sessions", list);
}

json_t *cp_admin_data(const struct cp_control *control)
{
	json_t *list = control->signal ? cp_signal_data_json(control->signal) : json_array();

	return json_pack("{s:o}", "data", list);
}

json_t *cp_admin_calls(const struct cp_control *control)
{
	json_t *list = control->gateway ? cp_gateway_calls_json(control->gateway) : json_array();

	return json_pack("{s:o}", "calls", list);
}

json_t *cp_admin_call(const struct cp_control *control, const char *id)
{
	return control->gateway ? cp_gateway_call_json(control->gateway, id) : NULL;
}
