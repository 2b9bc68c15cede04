using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>Parts that the answers of several endpoints share. Constant.</summary>
/// <remarks>Described, like the bodies of requests, as data: the OpenAPI document shows it, and the tests hold every answer against it.</remarks>
internal static class ResponseSchemas
{
    /// <summary>Metadata as it was given; never empty.</summary>
    public static SchemaNode Meta { get; } = SchemaNode.AnyObject(int.MaxValue).Described("The metadata; absent when there is none.");

    /// <summary>A configured limit of a key or of an identity.</summary>
    public static SchemaNode Ratelimit { get; } = SchemaNode.Closed(
        SchemaProperty.Required("id", Id("Id of the limit.")),
        SchemaProperty.Required("name", SchemaNode.Text(1).Described("What verifications name it by.")),
        SchemaProperty.Required("limit", SchemaNode.Integer(1).Described("Tokens in one duration.")),
        SchemaProperty.Required("duration", SchemaNode.Integer(1).Described("Milliseconds.")),
        SchemaProperty.Required("autoApply", SchemaNode.Boolean.Described("Whether every verification takes one token without naming the limit.")))
        .Named("Ratelimit");

    /// <summary>The configured limits of a key or of an identity.</summary>
    public static SchemaNode Ratelimits { get; } = SchemaNode.ListOf(Ratelimit, itemsMin: 1).Described("Its own rate limits; absent when there are none.");

    /// <summary>Slugs of a key.</summary>
    public static SchemaNode Slugs { get; } = SchemaNode.ListOf(SchemaNode.Text(1), itemsMin: 1)
        .Described("Slugs of its permissions, direct and by roles; absent when there are none.");

    /// <summary>Role names of a key.</summary>
    public static SchemaNode RoleNames { get; } = SchemaNode.ListOf(SchemaNode.Text(1), itemsMin: 1)
        .Described("Names of its roles; absent when there are none.");

    /// <summary>An id of the server's own making.</summary>
    /// <param name="description">Of what.</param>
    public static SchemaNode Id(string description) => SchemaNode.Text(1).Described(description);

    /// <summary>An instant.</summary>
    /// <param name="description">Of what, with the unit.</param>
    public static SchemaNode Time(string description) => SchemaNode.Integer(0).Described(description);
}
