using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Parts that the bodies of several endpoints share. Constant.</summary>
internal static class RequestSchemas
{
    private const long ExpiresMsMax = 4_102_444_800_000;
    private const int MetaPropertiesMax = 100;
    private const int RatelimitsMax = 50;
    private const string CursorText = "Where the page starts: the cursor that the page before gave out.";

    /// <summary>A key id.</summary>
    public static SchemaNode KeyId { get; } = SchemaNode.Text(3, 255, StringPattern.Identifier).Described("Id of the key.");

    /// <summary>An API id as the apis.* operations take it.</summary>
    public static SchemaNode ApiId { get; } = SchemaNode.Text(8, 255, StringPattern.Identifier).Described("Id of the API.");

    /// <summary>An API id as the keys.* operations take it.</summary>
    public static SchemaNode ApiIdOfKey { get; } = SchemaNode.Text(3, 255, StringPattern.Identifier).Described("Id of the API that the key belongs to.");

    /// <summary>A display name of an API.</summary>
    public static SchemaNode ApiName { get; } = SchemaNode.Text(3, 256).Described("Name for people; need not be unique.");

    /// <summary>A prefix of keys.</summary>
    public static SchemaNode Prefix { get; } = SchemaNode.Text(1, 16, StringPattern.Identifier)
        .Described("What the key starts with, before an underscore; tells people what a key is for.");

    /// <summary>Random bytes of a key.</summary>
    public static SchemaNode ByteLength { get; } = SchemaNode.Integer(16, 255).Described("Random bytes of a key; 16 unless the API says otherwise.");

    /// <summary>A display name of a key.</summary>
    public static SchemaNode KeyName { get; } = SchemaNode.Text(1, 255).Described("Name for people; need not be unique.");

    /// <summary>The customer's own id of an identity.</summary>
    public static SchemaNode ExternalId { get; } = SchemaNode.Text(1, 255, StringPattern.ExternalId)
        .Described("Your own id of the user or tenant behind it. Letter case counts.");

    /// <summary>Metadata.</summary>
    public static SchemaNode Meta { get; } = SchemaNode.AnyObject(MetaPropertiesMax).Described("Any JSON object; given back as it is.");

    /// <summary>An expiry in unix milliseconds, up to the year 2100.</summary>
    public static SchemaNode Expires { get; } = SchemaNode.Integer(0, ExpiresMsMax).Described("When it stops being valid, in unix milliseconds.");

    /// <summary>A permission slug.</summary>
    public static SchemaNode Slug { get; } = SchemaNode.Text(1, 128, StringPattern.Slug)
        .Described("Slug of a permission. Letter case is ignored; an asterisk is an ordinary character.");

    /// <summary>Slugs of a key.</summary>
    public static SchemaNode Slugs { get; } = SchemaNode.ListOf(Slug, itemsMax: 1000).Described("Permissions by their slugs; missing ones are created.");

    /// <summary>At least one slug of a key.</summary>
    public static SchemaNode SomeSlugs { get; } = SchemaNode.ListOf(Slug, itemsMin: 1, itemsMax: 1000).Described("Permissions by their slugs.");

    /// <summary>A role name.</summary>
    public static SchemaNode RoleName { get; } = SchemaNode.Text(1, 128).Described("Name of a role. Letter case is ignored.");

    /// <summary>Role names of a key.</summary>
    public static SchemaNode RoleNames { get; } = SchemaNode.ListOf(RoleName, itemsMax: 100).Described("Roles by their names.");

    /// <summary>At least one role name of a key.</summary>
    public static SchemaNode SomeRoleNames { get; } = SchemaNode.ListOf(RoleName, itemsMin: 1, itemsMax: 100).Described("Roles by their names.");

    /// <summary>Id or external id of an identity; of any length and characters, so that odd ones are not found instead of refused.</summary>
    public static SchemaNode IdentityIdOrExternalId { get; } = SchemaNode.Text(1).Described("Id or external id of the identity.");

    /// <summary>A balance of credits.</summary>
    public static SchemaNode Remaining { get; } = SchemaNode.Integer(0).OrNull().Described("Uses that are left; null for any number.");

    /// <summary>A refill of credits.</summary>
    public static SchemaNode Refill { get; } = SchemaNode.Closed(
        SchemaProperty.Required("interval", SchemaNode.OneOf(RefillInput.Daily, RefillInput.Monthly).Described("How often; at midnight UTC.")),
        SchemaProperty.Required("amount", SchemaNode.Integer(1).Described("What the balance is set to.")),
        SchemaProperty.Optional(
            "refillDay", SchemaNode.Integer(1, 31).Described("Day of a monthly refill; the last day of the month when the month is shorter.")))
        .Described("Sets the balance again and again.")
        .Named("Refill");

    /// <summary>Credits of a new key.</summary>
    public static SchemaNode Credits { get; } = SchemaNode.Closed(
        SchemaProperty.Required("remaining", Remaining),
        SchemaProperty.Optional("refill", Refill))
        .Described("How often a key may still be used.")
        .Named("Credits");

    /// <summary>Credits in an update.</summary>
    public static SchemaNode CreditsUpdate { get; } = SchemaNode.Closed(
        SchemaProperty.Optional("remaining", Remaining),
        SchemaProperty.Optional("refill", Refill.OrNull()))
        .Described("Absent members keep what is stored.")
        .Named("CreditsUpdate");

    /// <summary>Rate limits of a key or an identity. The items are open, as the contract has them.</summary>
    public static SchemaNode Ratelimits { get; } = SchemaNode.ListOf(
        SchemaNode.Open(
            SchemaProperty.Required("name", SchemaNode.Text(3, 128).Described("What verifications name it by; unique among the limits of its owner.")),
            SchemaProperty.Required("limit", SchemaNode.Integer(1).Described("Tokens in one duration.")),
            SchemaProperty.Required("duration", SchemaNode.Integer(1000).Described("Milliseconds.")),
            SchemaProperty.Required("autoApply", SchemaNode.Boolean.Described("Whether every verification takes one token without naming the limit.")))
            .Named("RatelimitInput"),
        itemsMax: RatelimitsMax)
        .Described("Rate limits. Of several with one name the last one counts.");

    /// <summary>A page size.</summary>
    public static SchemaNode PageSize { get; } = SchemaNode.Integer(1, 100).Described("Most items in the answer.");

    /// <summary>Where a page starts; any text is a position.</summary>
    public static SchemaNode Cursor { get; } = SchemaNode.Text(0, 1024).Described(CursorText);

    /// <summary>Where a page starts, of any length.</summary>
    public static SchemaNode AnyCursor { get; } = SchemaNode.Text().Described(CursorText);

    /// <summary>A text to search for.</summary>
    public static SchemaNode Search { get; } = SchemaNode.Text(0, 256)
        .Described("Only what contains this text in its id or one of its names, letter case ignored. Blanks around it do not count.");

    /// <summary>Name or id of a rate-limit namespace.</summary>
    public static SchemaNode Namespace { get; } = SchemaNode.Text(1, 512).Described("Name or id of the namespace.");

    /// <summary>An identifier that is rate limited, or a pattern of such.</summary>
    public static SchemaNode Identifier { get; } = SchemaNode.Text(1, 512)
        .Described("Who is limited, such as a user id or an address; in an override also a pattern, where * stands for any characters.");

    /// <summary>Any slugs, as the operations on roles take them.</summary>
    public static SchemaNode SlugsOfRole { get; } = SchemaNode.ListOf(Slug).Described("Permissions by their slugs; missing ones are created for a caller that may.");

    /// <summary>Id or slug of a permission.</summary>
    public static SchemaNode PermissionIdOrSlug { get; } = Slug.Described("Id or slug of the permission.");

    /// <summary>Id or name of a role.</summary>
    public static SchemaNode RoleIdOrName { get; } = SchemaNode.Text(1, 128).Described("Id or name of the role.");
}
