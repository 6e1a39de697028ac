"""The notification fields of the connector page, and what they show of their addresses (source document, step 8; SYNC §10)."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length

from portal.models.connections import Connection
from portal.services import addresses, desk, outbox
from portal.sync.notices import When

CHOICES = (
    (When.CHANGED, "When something changed"),
    (When.EVERY, "After every run"),
    (When.NEEDED, "Only when something needs me"),
    (When.DAILY, "Once a day, at 7 am"),
)


class NotificationFields(FlaskForm):
    """Whether to notify, whom, and when."""

    notify = BooleanField("Notification Email")
    notification_email = StringField("Send notifications to", validators=[Length(max=500)])
    notify_when = SelectField("When", choices=CHOICES, default=When.CHANGED)

    def show_notifications(self, connection: Connection) -> None:
        """Fill the fields from what is saved."""
        self.notify.data = connection.notify
        self.notification_email.data = connection.notification_email
        self.notify_when.data = connection.notify_when

    def notifications(self) -> dict[str, Any]:
        """The fields as the draft of a connection takes them."""
        return {
            "notify": bool(self.notify.data),
            "notification_email": (self.notification_email.data or "").strip(),
            "notify_when": self.notify_when.data or When.CHANGED,
        }


def around_notifications(connection: Connection | None) -> dict[str, Any]:
    """What the page shows beside the fields: how each address stands, and whether mails can leave at all."""
    known = addresses.standings(desk.session(), connection, desk.now()) if connection else []
    return {"standings": known, "has_mail_server": outbox.has_server(desk.outside().settings)}
