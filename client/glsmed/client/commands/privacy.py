"""``glsmed-client privacy``: what the patients' data have spent, and what is left."""

import typer


def privacy(context: typer.Context) -> None:
    """Show epsilon per patient: spent and left, over all studies and in this one, and what one more round costs.

    It reads the site's account and audit log, and changes neither.

    **Example**: `glsmed-client --site config.yaml privacy`
    """
    from glsmed.client.data.manifest import survey_manifest  # heavy: --help need not wait for it
    from glsmed.client.data.splits import split_of
    from glsmed.client.settings.config import load_site
    from glsmed.client.settings.privacy_forecast import account_lines
    from glsmed.shared.protocol.study import load_study

    config = load_site(context.obj)
    entries = survey_manifest(config.data.manifest).manifest.images
    patients = {one.patient_id for one in entries if split_of(one.patient_id, config.data.split) == "train"}
    for line in account_lines(config, load_study(config.study), patients=max(1, len(patients))):
        typer.echo(line)
