/* What a wish will cost, by the rows of section 8; the charge that Runway tells at the end is what counts. */
#include "provider/runway/runway.h"

#include <math.h>
#include <string.h>

#define CREDIT_USD 0.01
#define ALEPH_CREDITS_MIN 56
#define SEEDANCE_25_CREDITS_MIN 80
#define IMAGE_CREDITS 5       /* gen4_image up to 1280 x 720 */
#define IMAGE_CREDITS_LARGE 8 /* beyond */

/* By started frame of the output; unknown where the length or the frame rate is. */
static double upscale_credits(const struct runway_plan *plan)
{
    const struct {
        const char *size;
        double credits;
    } rows[] = {{"720p", 0.7}, {"1k", 0.7}, {"2k", 0.9}, {"4k", 1.2}};
    const struct gv_blob_info *film = &plan->video->blob;
    bool known = plan->video->kind == GV_MEDIA_BLOB && film->fps > 0 && film->duration_seconds > 0;
    if (!known || runway_option_is(plan->op, "fps_boost", "true"))
        return -1;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        if (strcmp(rows[i].size, plan->size) == 0)
            return ceil(round(film->fps * film->duration_seconds) * rows[i].credits);
    }
    return -1;
}

static double format_credits_per_second(const struct runway_plan *plan)
{
    const char *format = gv_operation_option(plan->op, "output_format");
    if (format == NULL || strcmp(format, "mp4") == 0)
        return 0;
    return strcmp(format, "prores") == 0 ? 5 : 20;
}

/* The length that is paid for; 0: not known. */
static double seconds_paid(const struct runway_plan *plan)
{
    if (plan->seconds > 0)
        return plan->seconds;
    if (plan->auto_seconds || plan->video == NULL || plan->video->kind != GV_MEDIA_BLOB)
        return 0;
    return plan->video->blob.duration_seconds;
}

static double at_least(double usd, unsigned credits)
{
    return fmax(usd, credits * CREDIT_USD);
}

/* seedance2_5 is paid for the input film too, at 10 credits a second in 480p and 15 in 720p. */
static double seedance_25_input(const struct runway_plan *plan)
{
    bool known = plan->video->kind == GV_MEDIA_BLOB && plan->video->blob.duration_seconds > 0;
    if (!known || plan->resolution == GV_RESOLUTION_FHD)
        return -1;
    return plan->video->blob.duration_seconds * (plan->resolution == GV_RESOLUTION_SD ? 10 : 15) * CREDIT_USD;
}

double runway_estimate(const struct runway_plan *plan)
{
    if (plan->route == RUNWAY_VIDEO_UPSCALE) {
        double credits = upscale_credits(plan);
        return credits < 0 ? -1 : credits * CREDIT_USD;
    }
    double seconds = seconds_paid(plan), per_second = gv_model_price(plan->model, plan->resolution, plan->audio, 1);
    if (seconds <= 0 || per_second < 0)
        return -1;
    double usd = seconds * (per_second + format_credits_per_second(plan) * CREDIT_USD);
    if (strcmp(plan->model->name, "aleph2") == 0)
        usd = at_least(usd, ALEPH_CREDITS_MIN);
    if (plan->model->traits & RUNWAY_STRICT_MODES) {
        double input = plan->video != NULL ? seedance_25_input(plan) : 0;
        usd = input < 0 ? -1 : at_least(usd + input, SEEDANCE_25_CREDITS_MIN);
    }
    if (plan->route == RUNWAY_TEXT_BY_TWO) {
        bool small = strcmp(plan->image_ratio, "1280:720") == 0 || strcmp(plan->image_ratio, "720:1280") == 0;
        usd += (small ? IMAGE_CREDITS : IMAGE_CREDITS_LARGE) * CREDIT_USD;
    }
    return usd;
}
