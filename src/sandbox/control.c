#include "sandbox/control.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "golem_video/golem_video.h"
#include "sandbox/delivery.h"

#define ANSWER_BYTES_MAX (1u << 30)

static enum MHD_Result send_json(struct MHD_Connection *connection, int status, struct gv_buf *body)
{
    GV_ASSERT(!body->overflow);
    enum MHD_Result result = gv_delivery_text(connection, status, "application/json", body->data, NULL);
    gv_buf_free(body);
    return result;
}

static void begin(struct gv_buf *buf, struct gv_json_out *out)
{
    gv_buf_init(buf, ANSWER_BYTES_MAX);
    *out = (struct gv_json_out){.buf = buf};
    gv_json_open(out, NULL, '{');
}

static enum MHD_Result health(struct gv_sandbox *sandbox, struct MHD_Connection *connection)
{
    struct gv_buf buf;
    struct gv_json_out out;
    size_t count;
    gv_store_tasks(sandbox->store, &count);
    begin(&buf, &out);
    gv_json_put_bool(&out, "ok", true);
    gv_json_put_text(&out, "version", GV_VERSION);
    gv_json_open(&out, "providers", '[');
    for (size_t i = 0; gv_emulators[i]; i++)
        gv_json_put_text(&out, NULL, gv_emulators[i]->name);
    gv_json_close(&out, ']');
    gv_json_put_int(&out, "tasks", (int64_t)count);
    gv_json_put_real(&out, "speed", sandbox->speed);
    gv_json_close(&out, '}');
    return send_json(connection, 200, &buf);
}

static void put_create(struct gv_json_out *out, const struct gv_emu_task *task, int64_t now_ms)
{
    static const char *const words[] = {"submitted", "processing", "succeeded", "failed"};
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "id", task->id);
    gv_json_put_text(out, "provider", task->provider);
    gv_json_put_text(out, "product", task->product);
    gv_json_put_text(out, "model", task->model);
    gv_json_put_text(out, "external_id", task->external_id);
    gv_json_put_text(out, "account", task->account);
    gv_json_put_int(out, "at_ms", task->created_ms);
    gv_json_put_real(out, "usd", task->usd);
    gv_json_put_text(out, "units", task->units);
    gv_json_put_text(out, "status", words[gv_emu_status(task, now_ms)]);
    gv_json_close(out, '}');
}

static enum MHD_Result ledger(struct gv_sandbox *sandbox, struct MHD_Connection *connection)
{
    struct gv_buf buf;
    struct gv_json_out out;
    size_t count;
    double total = 0;
    int64_t now_ms = gv_sandbox_now_ms();
    const struct gv_emu_task *const *tasks = gv_store_tasks(sandbox->store, &count);
    begin(&buf, &out);
    gv_json_open(&out, "creates", '[');
    for (size_t i = 0; i < count; i++) {
        if (!tasks[i]->note)
            put_create(&out, tasks[i], now_ms);
        total += tasks[i]->usd;
    }
    gv_json_close(&out, ']');
    gv_json_put_real(&out, "total_usd", total);
    gv_json_close(&out, '}');
    return send_json(connection, 200, &buf);
}

static enum MHD_Result requests(struct gv_sandbox *sandbox, struct MHD_Connection *connection)
{
    struct gv_buf buf;
    struct gv_json_out out;
    begin(&buf, &out);
    pthread_mutex_lock(&sandbox->lock);
    for (size_t i = 0; gv_emulators[i]; i++) {
        gv_json_open(&out, gv_emulators[i]->name, '{');
        for (size_t k = 0; k < sandbox->count_count; k++) {
            if (strcmp(sandbox->counts[k].provider, gv_emulators[i]->name) == 0)
                gv_json_put_int(&out, sandbox->counts[k].route, (int64_t)sandbox->counts[k].requests);
        }
        gv_json_close(&out, '}');
    }
    pthread_mutex_unlock(&sandbox->lock);
    gv_json_close(&out, '}');
    return send_json(connection, 200, &buf);
}

static enum MHD_Result faults(struct gv_sandbox *sandbox, struct MHD_Connection *connection)
{
    struct gv_buf buf;
    gv_buf_init(&buf, ANSWER_BYTES_MAX);
    pthread_mutex_lock(&sandbox->lock);
    gv_faults_json(&sandbox->faults, &buf);
    pthread_mutex_unlock(&sandbox->lock);
    return send_json(connection, 200, &buf);
}

static enum MHD_Result set_faults(struct gv_sandbox *sandbox, struct MHD_Connection *connection, const char *script)
{
    struct gv_buf buf;
    struct gv_json_out out;
    struct gv_faults fresh;
    struct gv_error error;
    if (gv_faults_parse(&fresh, script, sandbox->seed, &error) == GV_OK) {
        pthread_mutex_lock(&sandbox->lock);
        sandbox->faults = fresh;
        pthread_mutex_unlock(&sandbox->lock);
        return faults(sandbox, connection);
    }
    begin(&buf, &out);
    gv_json_put_text(&out, "error", error.message);
    gv_json_close(&out, '}');
    return send_json(connection, 400, &buf);
}

static enum MHD_Result big(struct gv_sandbox *sandbox, struct MHD_Connection *connection)
{
    const struct gv_trouble none = {0};
    struct gv_bytes bytes;
    const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "bytes");
    unsigned long long total = text ? strtoull(text, NULL, 10) : 0;
    if (total == 0 || total > INT64_MAX)
        return gv_delivery_text(connection, 400, "text/plain", "bytes=N is required, 1 or more\n", NULL);
    gv_bytes_generate(&bytes, total);
    return gv_delivery_send(sandbox, connection, &bytes, &none);
}

enum MHD_Result gv_control_answer(struct gv_sandbox *sandbox, struct MHD_Connection *connection, const char *method,
                                  const char *path, const char *body)
{
    static const struct {
        const char *name;
        enum MHD_Result (*answer)(struct gv_sandbox *sandbox, struct MHD_Connection *connection);
    } pages[] = {{"health", health}, {"ledger", ledger}, {"requests", requests}, {"faults", faults}, {"big", big}};
    const char *name = path + strlen(GV_CONTROL_PREFIX);
    if (strcmp(method, "POST") == 0 && strcmp(name, "faults") == 0)
        return set_faults(sandbox, connection, body);
    bool read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    for (size_t i = 0; read && i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(pages[i].name, name) == 0)
            return pages[i].answer(sandbox, connection);
    }
    return gv_delivery_text(connection, 404, "text/plain",
                            "GET health, ledger, requests, faults, big?bytes=N; POST faults\n", NULL);
}
