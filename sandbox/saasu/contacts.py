"""Contacts and companies (FACTS §3.1, §3.2)."""

from typing import Final

from sandbox.saasu.fields import COMPANY, CONTACT, Call, changed, check_version, written
from sandbox.saasu.filters import link, paged, same, tagged, within
from sandbox.saasu.wire import Record, Refusal

SALUTATIONS: Final = ("Mr.", "Mrs.", "Ms.", "Dr.", "Prof.")
FLAGS: Final = ("IsActive", "IsCustomer", "IsSupplier", "IsContractor", "IsPartner")
CUSTOM_FIELD_LENGTH: Final = 50


def listed(call: Call) -> Record:
    """Full contact records that pass every filter, a page of them."""
    period = call.query.period("LastModified")
    flags = {name: call.query.flag(name) for name in FLAGS}
    company = call.query.number("CompanyId")
    rows = [
        shown(call, record)
        for record in call.file.contacts.values()
        if within(record["LastModifiedDateUtc"], period)
        and all(wanted is None or record[name] is wanted for name, wanted in flags.items())
        and (company is None or record["CompanyId"] == company)
        and _named(call, record)
        and tagged(record, call.query)
    ]
    return paged(rows, "Contacts", call.query, f"{call.address}Contacts")


def _named(call: Call, record: Record) -> bool:
    settings, query = call.state.settings, call.query
    email, wanted = str(record["EmailAddress"] or "").strip(), query.text("Email")
    if wanted and settings.email_case == "sensitive" and email != wanted:
        return False
    company = call.file.tables["companies"].get(record["CompanyId"], {}).get("Name")
    return (
        same(email, wanted)
        and same(record["GivenName"], query.text("GivenName"), settings.name_filter)
        and same(record["FamilyName"], query.text("FamilyName"), settings.name_filter)
        and same(company, query.text("CompanyName"), settings.name_filter)
        and same(record["ContactId"], query.text("ContactId"))
    )


def shown(call: Call, record: Record) -> Record:
    """A contact as it goes out."""
    return {**record, "_links": [link("detail", call.href(f"Contact/{record['Id']}"))]}


def found(call: Call, record_id: int) -> Record:
    """One contact. Raises `Refusal` (404)."""
    record = call.file.contacts.get(record_id)
    if record is None:
        raise call.refuse("The requested contact is not found.", 404)
    return record


def one(call: Call, record_id: int) -> Record:
    """`GET /Contact/{id}`."""
    return shown(call, found(call, record_id))


def _read(call: Call, before: Record | None = None) -> Record:
    record = written(call, CONTACT, before)
    if record["Salutation"] is not None and record["Salutation"] not in SALUTATIONS:
        raise call.refuse("Please include a valid salutation.")
    for name in ("CustomField1", "CustomField2"):
        if len(record[name] or "") > CUSTOM_FIELD_LENGTH:
            raise call.refuse(f"{name} holds at most {CUSTOM_FIELD_LENGTH} characters.")
    if record["CompanyId"] and record["CompanyId"] not in call.file.tables["companies"]:
        raise call.refuse("The requested company is not found.")
    return record


def create(call: Call) -> Record:
    """`POST /Contact`: nothing is required; the answer is 200."""
    record = {"Id": call.state.new_id(), **_read(call), "LastModifiedByUserId": 1}
    call.state.save(call.file, "contacts", record)
    return {"InsertedContactId": record["Id"], **_outcome(record)}


def update(call: Call, record_id: int) -> Record:
    """`PUT /Contact/{id}` with the current LastUpdatedId."""
    before = found(call, record_id)
    check_version(call, before)
    record = changed(_read(call, before), before)
    call.state.save(call.file, "contacts", record)
    return {"UpdatedContactId": record_id, **_outcome(record)}


def delete(call: Call, record_id: int) -> Record:
    """`DELETE /Contact/{id}`."""
    found(call, record_id)
    call.state.remove(call.file, "contacts", record_id, call.login.username)
    return removed(call, "Contact", "Contacts")


def removed(call: Call, path: str, plural: str) -> Record:
    """The answer to a DELETE, with the links of the recorded one."""
    links = [link("self", call.href(path), "DELETE"), link("list", call.href(plural))]
    return {"StatusMessage": "Deleted.", "_links": links}


def _outcome(record: Record) -> Record:
    return {
        "LastUpdatedId": record["LastUpdatedId"],
        "LastModified": record["LastModifiedDateUtc"],
        "_links": [],
    }


def companies(call: Call) -> Record:
    """`GET /Companies`."""
    period = call.query.period("LastModified")
    rows = [
        {**record, "_links": []}
        for record in call.file.tables["companies"].values()
        if within(record["LastModifiedDateUtc"], period)
        and same(record["Name"], call.query.text("CompanyName"), call.state.settings.name_filter)
    ]
    return paged(rows, "Companies", call.query, f"{call.address}Companies")


def found_company(call: Call, record_id: int) -> Record:
    """One company. Raises `Refusal` (404)."""
    record = call.file.tables["companies"].get(record_id)
    if record is None:
        raise call.refuse("The requested company is not found.", 404)
    return record


def company(call: Call, record_id: int) -> Record:
    """`GET /Company/{id}`."""
    return {**found_company(call, record_id), "_links": []}


def create_company(call: Call) -> Record:
    """`POST /Company`."""
    record = {"Id": call.state.new_id(), **written(call, COMPANY), "LogoUrl": None, "LastModifiedByUserId": 1}
    if not record["Name"]:
        raise Refusal(400, "Please include the name of the company.")
    call.state.save(call.file, "companies", record)
    return {"InsertedCompanyId": record["Id"], **_outcome(record)}


def update_company(call: Call, record_id: int) -> Record:
    """`PUT /Company/{id}`; the name is required."""
    before = found_company(call, record_id)
    check_version(call, before)
    record = changed(written(call, COMPANY, before), before)
    if not record["Name"]:
        raise Refusal(400, "Please include the name of the company.")
    call.state.save(call.file, "companies", record)
    return {"UpdatedCompanyId": record_id, **_outcome(record)}


def delete_company(call: Call, record_id: int) -> Record:
    """`DELETE /Company/{id}`."""
    found_company(call, record_id)
    call.state.remove(call.file, "companies", record_id, call.login.username)
    return removed(call, "Company", "Companies")
