using System;
using System.Collections.Generic;
using System.Text;

namespace Unkey.Engine.Permissions;

/// <summary>
/// What an endpoint of the control plane asks of a root key: one permission, any of several, or all of several, nested at will.
/// Immutable, any thread. Cold: it works on strings and may allocate; the verify path has <c>VerifyGrant</c>.
/// </summary>
public abstract record PermissionExpression
{
    private PermissionExpression()
    {
    }

    /// <summary>One permission: satisfied by the identical string, or, for a resource name, by a grant that covers it.</summary>
    /// <param name="permission">A tuple (<c>api.*.read_key</c>, in which <c>*</c> is literal) or a resource name.</param>
    /// <returns>The leaf.</returns>
    public static PermissionExpression Leaf(string permission) => new One(permission);

    /// <summary>Alternatives: one of them is enough. None at all is never satisfied.</summary>
    /// <param name="alternatives">The alternatives, in the order in which a denial names them.</param>
    /// <returns>The expression.</returns>
    public static PermissionExpression Any(params PermissionExpression[] alternatives) => new Group(" or ", false, alternatives);

    /// <summary>Alternatives that are single permissions.</summary>
    /// <param name="alternatives">The permissions, in the order in which a denial names them.</param>
    /// <returns>The expression.</returns>
    public static PermissionExpression Any(params string[] alternatives) => Any(Array.ConvertAll(alternatives, Leaf));

    /// <summary>A conjunction: every part is needed. None at all is always satisfied.</summary>
    /// <param name="parts">The parts, in the order in which a denial names them.</param>
    /// <returns>The expression.</returns>
    public static PermissionExpression All(params PermissionExpression[] parts) => new Group(" and ", true, parts);

    /// <summary>A string stands for the permission it names.</summary>
    /// <param name="permission">The permission.</param>
    public static implicit operator PermissionExpression(string permission) => Leaf(permission);

    /// <summary>The named form of the conversion from a string.</summary>
    /// <param name="permission">The permission.</param>
    /// <returns>The leaf.</returns>
    public static PermissionExpression FromString(string permission) => Leaf(permission);

    /// <summary>Whether a caller may go on.</summary>
    /// <param name="granted">Everything the caller's root key holds, compared ordinally.</param>
    /// <returns><see langword="true"/> when the expression holds.</returns>
    public abstract bool IsSatisfiedBy(IReadOnlySet<string> granted);

    /// <summary>The detail text of the 403 answer. It names what is required, never what the caller holds.</summary>
    /// <returns><c>Missing permission: 'x'</c> for one permission, otherwise <c>Missing one of these permissions: a or b</c>.</returns>
    public virtual string Denial()
    {
        StringBuilder text = new("Missing one of these permissions: ");
        Describe(text, isNested: false);
        return text.ToString();
    }

    private protected abstract void Describe(StringBuilder text, bool isNested);

    private sealed record One(string Permission) : PermissionExpression
    {
        public override bool IsSatisfiedBy(IReadOnlySet<string> granted)
        {
            if (granted.Contains(Permission))
            {
                return true;
            }

            byte[] required = Encoding.UTF8.GetBytes(Permission);
            if (!ResourceGrant.IsResourceName(required))
            {
                return false;
            }

            foreach (string grant in granted)
            {
                if (grant.StartsWith("unkey:v1:", StringComparison.Ordinal) && ResourceGrant.Covers(Encoding.UTF8.GetBytes(grant), required))
                {
                    return true;
                }
            }

            return false;
        }

        public override string Denial() => $"Missing permission: '{Permission}'";

        private protected override void Describe(StringBuilder text, bool isNested) => text.Append(Permission);
    }

    private sealed record Group(string Separator, bool NeedsAll, PermissionExpression[] Members) : PermissionExpression
    {
        public override bool IsSatisfiedBy(IReadOnlySet<string> granted)
        {
            foreach (PermissionExpression member in Members)
            {
                if (member.IsSatisfiedBy(granted) != NeedsAll)
                {
                    return !NeedsAll;
                }
            }

            return NeedsAll;
        }

        // A list of alternatives is worded as one even when it has a single entry: that is how the contract tells the two forms apart.
        public override string Denial() => NeedsAll && Members.Length == 1 ? Members[0].Denial() : base.Denial();

        private protected override void Describe(StringBuilder text, bool isNested)
        {
            // Alternatives inside a conjunction need the parentheses to keep their meaning; a conjunction inside alternatives binds tighter anyway.
            bool needsParentheses = isNested && !NeedsAll && Members.Length > 1;
            text.Append(needsParentheses ? "(" : "");
            for (int i = 0; i < Members.Length; i++)
            {
                text.Append(i > 0 ? Separator : "");
                Members[i].Describe(text, isNested: NeedsAll);
            }

            text.Append(needsParentheses ? ")" : "");
        }
    }
}
