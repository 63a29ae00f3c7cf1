/* Stands in for handlers that are not written yet. */
#include "server/form.h"
#include "server/routes.h"
#include "server/video.h"

#define STUB(name)                                                                                                     \
    __attribute__((weak)) void name(struct gv_exchange *x)                                                             \
    {                                                                                                                  \
        gv_answer_error(x, 501, "not_implemented", NULL, "%s is not there yet", #name);                                \
    }
#if !__has_include("server/videos.c")
STUB(gv_videos_create)
STUB(gv_videos_list)
STUB(gv_videos_check)
STUB(gv_videos_retrieve)
STUB(gv_videos_delete)
STUB(gv_videos_remix)
STUB(gv_videos_edit)
STUB(gv_videos_extend)
STUB(gv_videos_cancel)
STUB(gv_videos_resolve)
STUB(gv_videos_log)
#endif
#if !__has_include("server/catalog.c")
STUB(gv_catalog_models)
STUB(gv_catalog_voices)
STUB(gv_characters_create)
STUB(gv_characters_retrieve)
#endif
#if !__has_include("server/content.c")
STUB(gv_content_get)
#endif
#if !__has_include("server/hooks.c")
STUB(gv_hooks_create)
STUB(gv_hooks_list)
STUB(gv_hooks_retrieve)
STUB(gv_hooks_update)
STUB(gv_hooks_delete)
STUB(gv_hooks_rotate)
STUB(gv_hooks_test)
STUB(gv_hooks_types)
#endif
#if !__has_include("server/callback.c")
STUB(gv_hooks_called_back)
#endif
#if !__has_include("server/video.c")
__attribute__((weak)) int gv_video_put(struct gv_json_out *out, const char *key, struct gv_exchange *x,
                                       const struct gv_job_row *row, bool as_created, struct gv_error *err)
{
    (void)x, (void)as_created, (void)err;
    gv_json_open(out, key, '{');
    gv_json_put_text(out, "id", row->id);
    gv_json_close(out, '}');
    return GV_OK;
}
#endif

#if !__has_include("server/form.c")
struct gv_form {
    struct gv_buf text;
};
__attribute__((weak)) int gv_form_begin(struct gv_form **out, struct gv_engine *engine, const char *content_type,
                                        bool raw, struct gv_arena *arena, struct gv_error *err)
{
    (void)engine, (void)raw, (void)content_type, (void)err;
    *out = GV_NEW(arena, struct gv_form);
    gv_buf_init(&(*out)->text, GV_FORM_TEXT_BYTES_MAX);
    return GV_OK;
}
__attribute__((weak)) int gv_form_put(struct gv_form *form, const char *data, size_t bytes, struct gv_error *err)
{
    (void)err;
    gv_buf_add(&form->text, data, bytes);
    return GV_OK;
}
__attribute__((weak)) int gv_form_end(struct gv_form *form, struct gv_error *err)
{
    (void)form, (void)err;
    return GV_OK;
}
__attribute__((weak)) void gv_form_free(struct gv_form *form)
{
    if (form != NULL)
        gv_buf_free(&form->text);
}
#endif
