using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Parts that the bodies of several endpoints share. Constant.</summary>
internal static class RequestSchemas
{
    private const long ExpiresMsMax = 4_102_444_800_000;
    private const int MetaPropertiesMax = 100;
    private const int RatelimitsMax = 50;

    /// <summary>A key id.</summary>
    public static SchemaNode KeyId { get; } = SchemaNode.Text(3, 255, StringPattern.Identifier);

    /// <summary>An API id as the apis.* operations take it.</summary>
    public static SchemaNode ApiId { get; } = SchemaNode.Text(8, 255, StringPattern.Identifier);

    /// <summary>An API id as the keys.* operations take it.</summary>
    public static SchemaNode ApiIdOfKey { get; } = SchemaNode.Text(3, 255, StringPattern.Identifier);

    /// <summary>A prefix of keys.</summary>
    public static SchemaNode Prefix { get; } = SchemaNode.Text(1, 16, StringPattern.Identifier);

    /// <summary>Random bytes of a key.</summary>
    public static SchemaNode ByteLength { get; } = SchemaNode.Integer(16, 255);

    /// <summary>A display name of a key.</summary>
    public static SchemaNode KeyName { get; } = SchemaNode.Text(1, 255);

    /// <summary>The customer's own id of an identity.</summary>
    public static SchemaNode ExternalId { get; } = SchemaNode.Text(1, 255, StringPattern.ExternalId);

    /// <summary>Metadata.</summary>
    public static SchemaNode Meta { get; } = SchemaNode.AnyObject(MetaPropertiesMax);

    /// <summary>An expiry in unix milliseconds, up to the year 2100.</summary>
    public static SchemaNode Expires { get; } = SchemaNode.Integer(0, ExpiresMsMax);

    /// <summary>A permission slug.</summary>
    public static SchemaNode Slug { get; } = SchemaNode.Text(1, 128, StringPattern.Slug);

    /// <summary>Slugs of a key.</summary>
    public static SchemaNode Slugs { get; } = SchemaNode.ListOf(Slug, itemsMax: 1000);

    /// <summary>A role name.</summary>
    public static SchemaNode RoleName { get; } = SchemaNode.Text(1, 128);

    /// <summary>Role names of a key.</summary>
    public static SchemaNode RoleNames { get; } = SchemaNode.ListOf(RoleName, itemsMax: 100);

    /// <summary>A refill of credits.</summary>
    public static SchemaNode Refill { get; } = SchemaNode.Closed(
        SchemaProperty.Required("interval", SchemaNode.OneOf(RefillInput.Daily, RefillInput.Monthly)),
        SchemaProperty.Required("amount", SchemaNode.Integer(1)),
        SchemaProperty.Optional("refillDay", SchemaNode.Integer(1, 31)));

    /// <summary>Credits of a new key.</summary>
    public static SchemaNode Credits { get; } = SchemaNode.Closed(
        SchemaProperty.Required("remaining", SchemaNode.Integer(0).OrNull()),
        SchemaProperty.Optional("refill", Refill));

    /// <summary>Credits in an update.</summary>
    public static SchemaNode CreditsUpdate { get; } = SchemaNode.Closed(
        SchemaProperty.Optional("remaining", SchemaNode.Integer(0).OrNull()),
        SchemaProperty.Optional("refill", Refill.OrNull()));

    /// <summary>Rate limits of a key or an identity. The items are open, as the contract has them.</summary>
    public static SchemaNode Ratelimits { get; } = SchemaNode.ListOf(
        SchemaNode.Open(
            SchemaProperty.Required("name", SchemaNode.Text(3, 128)),
            SchemaProperty.Required("limit", SchemaNode.Integer(1)),
            SchemaProperty.Required("duration", SchemaNode.Integer(1000)),
            SchemaProperty.Required("autoApply", SchemaNode.Boolean)),
        itemsMax: RatelimitsMax);

    /// <summary>A page size.</summary>
    public static SchemaNode PageSize { get; } = SchemaNode.Integer(1, 100);

    /// <summary>Where a page starts; any text is a position.</summary>
    public static SchemaNode Cursor { get; } = SchemaNode.Text(0, 1024);

    /// <summary>A text to search for.</summary>
    public static SchemaNode Search { get; } = SchemaNode.Text(0, 256);

    /// <summary>Name or id of a rate-limit namespace.</summary>
    public static SchemaNode Namespace { get; } = SchemaNode.Text(1, 512);

    /// <summary>An identifier that is rate limited, or a pattern of such.</summary>
    public static SchemaNode Identifier { get; } = SchemaNode.Text(1, 512);

    /// <summary>Any slugs, as the operations on roles take them.</summary>
    public static SchemaNode SlugsOfRole { get; } = SchemaNode.ListOf(Slug);

    /// <summary>Id or name of a role.</summary>
    public static SchemaNode RoleIdOrName { get; } = SchemaNode.Text(1, 128);
}
