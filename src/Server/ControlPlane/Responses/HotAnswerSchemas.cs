using System;
using System.Linq;
using System.Text;
using Unkey.Protocol;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>The data that the reactor writes by itself: <see cref="VerifyKeyJson"/> and <see cref="RatelimitJson"/>, as they are described. Constant.</summary>
internal static class HotAnswerSchemas
{
    private static readonly SchemaNode s_passedLimit = SchemaNode.Integer(0).Described("The limit that was applied, after overrides.");
    private static readonly SchemaNode s_remaining = SchemaNode.Integer(0).Described("Whole tokens that are left.");
    private static readonly SchemaNode s_overrideId = ResponseSchemas.Id("Id of the override that was applied; absent when there was none.");
    private static readonly SchemaNode s_reset = ResponseSchemas.Time("When the limit resets, in unix milliseconds.");

    /// <summary>The answer of <c>ratelimit.limit</c>.</summary>
    public static SchemaNode RatelimitDecision { get; } = SchemaNode.Closed(
        SchemaProperty.Required("success", SchemaNode.Boolean.Described("Whether the tokens were taken.")),
        SchemaProperty.Required("limit", s_passedLimit),
        SchemaProperty.Required("remaining", s_remaining),
        SchemaProperty.Required("reset", s_reset),
        SchemaProperty.Optional("overrideId", s_overrideId))
        .Named("RatelimitDecision");

    /// <summary>The answer of <c>ratelimit.multiLimit</c>.</summary>
    public static SchemaNode RatelimitDecisions { get; } = SchemaNode.Closed(
        SchemaProperty.Required("passed", SchemaNode.Boolean.Described("Whether every check passed; else no tokens were taken.")),
        SchemaProperty.Required(
            "limits",
            SchemaNode.ListOf(
                SchemaNode.Closed(
                    SchemaProperty.Required("namespace", SchemaNode.Text(1).Described("As it was sent.")),
                    SchemaProperty.Required("identifier", SchemaNode.Text(1).Described("As it was sent.")),
                    SchemaProperty.Required("passed", SchemaNode.Boolean.Described("Whether this check alone passed.")),
                    SchemaProperty.Required("limit", s_passedLimit),
                    SchemaProperty.Required("remaining", s_remaining),
                    SchemaProperty.Required("reset", s_reset),
                    SchemaProperty.Optional("overrideId", s_overrideId)),
                itemsMin: 1,
                itemsMax: RatelimitRequestReader.ChecksMax)
                .Described("The checks in the order of the request.")))
        .Named("RatelimitDecisions");

    /// <summary>The answer of <c>keys.verifyKey</c>.</summary>
    public static SchemaNode Verification { get; } = SchemaNode.Closed(
        SchemaProperty.Required("valid", SchemaNode.Boolean.Described("Whether the key may be used: exactly when the code is VALID.")),
        SchemaProperty.Required(
            "code",
            SchemaNode.OneOf([.. Enum.GetValues<VerifyKeyCode>().Select(static code => Encoding.ASCII.GetString(VerifyKeyJson.WireName(code)))])
                .Described("The outcome. A key that the caller may not verify is NOT_FOUND, too, and then there are no other members.")),
        SchemaProperty.Optional("keyId", ResponseSchemas.Id("Id of the key.")),
        SchemaProperty.Optional("enabled", SchemaNode.Boolean.Described("Whether the key is enabled.")),
        SchemaProperty.Optional("name", SchemaNode.Text(1).Described("Name for people.")),
        SchemaProperty.Optional("meta", ResponseSchemas.Meta),
        SchemaProperty.Optional("expires", ResponseSchemas.Time("When it stops being valid, in unix milliseconds; absent for never.")),
        SchemaProperty.Optional("permissions", ResponseSchemas.Slugs),
        SchemaProperty.Optional("roles", ResponseSchemas.RoleNames),
        SchemaProperty.Optional("credits", SchemaNode.Integer(0).Described("Uses that are left after this one; absent for any number.")),
        SchemaProperty.Optional("identity", IdentityData.Schema),
        SchemaProperty.Optional("ratelimits", SchemaNode.ListOf(EvaluatedLimit(), itemsMin: 1).Described("The limits that were checked.")))
        .Named("Verification");

    private static SchemaNode EvaluatedLimit() => SchemaNode.Closed(
        SchemaProperty.Required("id", SchemaNode.Text().Described("Id of the limit; empty for one that the request itself defined.")),
        SchemaProperty.Required("name", SchemaNode.Text(1).Described("Name of the limit.")),
        SchemaProperty.Required("limit", s_passedLimit),
        SchemaProperty.Required("duration", SchemaNode.Integer(0).Described("Milliseconds.")),
        SchemaProperty.Required("autoApply", SchemaNode.Boolean.Described("Whether every verification takes one token without naming the limit.")),
        SchemaProperty.Required("remaining", s_remaining),
        SchemaProperty.Required("reset", s_reset),
        SchemaProperty.Required("exceeded", SchemaNode.Boolean.Described("Whether this limit alone was exceeded.")))
        .Named("EvaluatedRatelimit");
}
