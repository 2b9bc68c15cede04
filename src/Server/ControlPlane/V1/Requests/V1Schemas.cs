using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Parts that the inputs of several v1 operations share. Constant. Texts have looser bounds than in v2, where the contract names some at all.</summary>
internal static class V1Schemas
{
    private const int ListItemsMax = 1_000;
    private const int LabelLengthMax = 255;

    /// <summary>An id.</summary>
    public static SchemaNode Id { get; } = SchemaNode.Text(1);

    /// <summary>A display name of a key; an empty one is none.</summary>
    public static SchemaNode Name { get; } = SchemaNode.Text(0, LabelLengthMax);

    /// <summary>The customer's own id of an identity.</summary>
    public static SchemaNode ExternalId { get; } = SchemaNode.Text(1, LabelLengthMax);

    /// <summary>Metadata.</summary>
    public static SchemaNode Meta { get; } = SchemaNode.AnyObject(int.MaxValue);

    /// <summary>Unix milliseconds.</summary>
    public static SchemaNode Expires { get; } = SchemaNode.Integer(0);

    /// <summary>Names of roles or permissions.</summary>
    public static SchemaNode Names { get; } = SchemaNode.ListOf(SchemaNode.Text(1, 512), itemsMax: ListItemsMax);

    /// <summary>Roles or permissions, each by its id or its name.</summary>
    public static SchemaNode References { get; } = SchemaNode.ListOf(
        SchemaNode.Open(
            SchemaProperty.Optional("id", SchemaNode.Text(1)),
            SchemaProperty.Optional("name", SchemaNode.Text(1, 512)),
            SchemaProperty.Optional("slug", SchemaNode.Text(1, 512)),
            SchemaProperty.Optional("create", SchemaNode.Boolean)),
        itemsMax: ListItemsMax);

    /// <summary>A refill; a <c>refillDay</c> of null is none.</summary>
    public static SchemaNode Refill { get; } = SchemaNode.Open(
        SchemaProperty.Required("interval", SchemaNode.OneOf(RefillInput.Daily, RefillInput.Monthly)),
        SchemaProperty.Required("amount", SchemaNode.Integer(1)),
        SchemaProperty.Optional("refillDay", SchemaNode.Integer(1, 31).OrNull()));

    /// <summary>The refusal of a refill, or <see langword="null"/>.</summary>
    public static ApiError? RefillProblem(RefillInput refill) => refill is { Interval: RefillInput.Daily, RefillDay: not null }
        ? new ApiError(ErrorCode.InvalidInput, "when interval is set to 'daily', 'refillDay' must be null.")
        : null;

    /// <summary>A refill with its day: the first of the month unless the request names another.</summary>
    public static RefillInput Complete(RefillInput refill) => refill.LacksDay ? refill with { RefillDay = 1 } : refill;
}
