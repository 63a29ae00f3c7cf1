/* What the environment says: credentials, base URLs, the helper's place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "base/assert.h"
#include "base/error.h"
#include "core/url.h"
#include "media/process.h"

#define GV_SETTING_FILE_BYTES_MAX (64u << 10)

/* The first set of credentials that is complete; 0: none. */
static unsigned complete_set(const struct gv_account *account)
{
    const struct gv_provider *provider = account->provider;
    unsigned sets = 0;
    for (size_t i = 0; i < provider->setting_count; i++)
        if (provider->settings[i].set > sets)
            sets = provider->settings[i].set;
    for (unsigned set = 1; set <= sets; set++) {
        bool complete = true;
        for (size_t i = 0; i < provider->setting_count; i++)
            complete &= provider->settings[i].set != set || account->settings.values[i] != NULL;
        if (complete)
            return set;
    }
    return 0;
}

/* A base URL that was set by hand names a host that may be anywhere, this machine included. */
static int allow_host(struct gv_engine *engine, const char *name, const char *value, struct gv_error *err)
{
    struct gv_url url;
    struct gv_error why;
    if (gv_url_parse(&url, value, &why) != GV_OK)
        return gv_fail_field(err, GV_INVALID_INPUT, name, "%s: %s; give scheme, host and port", name, why.message);
    char host_port[GV_HOST_PORT_BYTES];
    gv_url_host_port(host_port, &url);
    size_t count = 0;
    while (engine->allowed[count] != NULL)
        count++;
    GV_ASSERT(count < GV_ALLOWED_MAX);
    engine->allowed[count] = gv_arena_strdup(&engine->arena, host_port);
    return GV_OK;
}

static bool is_url_setting(const char *name)
{
    size_t bytes = strlen(name);
    return bytes > 4 && (strcmp(name + bytes - 4, "_URL") == 0 || strcmp(name + bytes - 4, "_URI") == 0);
}

/* The content of the file that the variable names, or NULL with a warning: who needs it will say what is missing. */
static const char *read_file(struct gv_engine *engine, const char *name, const char *path)
{
    char *content = gv_arena_alloc(&engine->arena, GV_SETTING_FILE_BYTES_MAX + 1);
    FILE *file = fopen(path, "re");
    size_t bytes = file != NULL ? fread(content, 1, GV_SETTING_FILE_BYTES_MAX + 1, file) : 0;
    bool whole = file != NULL && !ferror(file) && bytes <= GV_SETTING_FILE_BYTES_MAX;
    const char *why = bytes > GV_SETTING_FILE_BYTES_MAX ? "it is too large" : strerror(errno);
    if (!whole && engine->log.level >= GV_LOG_WARN)
        engine->log.write(
            &engine->log, GV_LOG_WARN, NULL,
            gv_arena_printf(&engine->arena, "the file that %s names, %s, can't be read: %s", name, path, why));
    if (file != NULL)
        fclose(file);
    content[whole ? bytes : 0] = '\0';
    return whole ? content : NULL;
}

/* A key pasted with a line's end is the commonest mistake; one in the middle can be no key, unless it is PEM. */
static int check_text(const char *name, const char *value, struct gv_error *err)
{
    if (value == NULL || strncmp(value, "-----BEGIN", 10) == 0)
        return GV_OK;
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return gv_fail_field(err, GV_INVALID_INPUT, name, "%s holds a control character, such as a line break",
                                 name);
    return GV_OK;
}

static int load_account(struct gv_engine *engine, struct gv_account *account, gv_setting_fn *setting, void *ctx,
                        struct gv_error *err)
{
    const struct gv_provider *provider = account->provider;
    GV_ASSERT(provider->setting_count <= GV_SETTINGS_MAX);
    for (size_t i = 0; i < provider->setting_count; i++) {
        const struct gv_setting *row = &provider->settings[i];
        const char *value = setting(ctx, row->name);
        bool is_set = value != NULL && value[0] != '\0';
        account->settings.values[i] = gv_arena_strdup(&engine->arena, is_set ? value : row->preset);
        if (is_set && row->file)
            account->settings.values[i] = read_file(engine, row->name, value);
        if (!row->file && check_text(row->name, account->settings.values[i], err) != GV_OK)
            return GV_INVALID_INPUT;
        if (!is_set || row->callback || !is_url_setting(row->name))
            continue;
        int code = allow_host(engine, row->name, value, err);
        if (code != GV_OK)
            return code;
    }
    account->credential_set = complete_set(account);
    return GV_OK;
}

int gv_settings_load(struct gv_engine *engine, gv_setting_fn *setting, void *ctx, struct gv_error *err)
{
    for (const struct gv_provider *const *provider = gv_providers; *provider != NULL; provider++) {
        GV_ASSERT(engine->account_count < GV_ACCOUNTS_MAX);
        struct gv_account *account = &engine->accounts[engine->account_count++];
        account->provider = *provider;
        int code = load_account(engine, account, setting, ctx, err);
        if (code != GV_OK)
            return code;
    }
    return GV_OK;
}

const char *gv_media_helper_path(struct gv_arena *arena, const char *chosen, gv_setting_fn *setting, void *ctx)
{
    return gv_media_find(arena, chosen != NULL ? chosen : setting(ctx, "GOLEM_VIDEO_MEDIA"));
}
