// Mantine's links and buttons as the router's links, with typed addresses.
import { Anchor, type AnchorProps, Button, type ButtonProps, Menu, type MenuItemProps, NavLink, type NavLinkProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Native<P> = P & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof P> & { ref?: Ref<HTMLAnchorElement> }

export const To = createLink((props: Native<AnchorProps>) => <Anchor inherit {...props} />)
export const ButtonTo = createLink((props: Native<ButtonProps>) => <Button component="a" {...props} />)
export const MenuTo = createLink((props: Native<MenuItemProps>) => <Menu.Item component="a" {...props} />)
export const NavTo = createLink((props: Native<NavLinkProps>) => <NavLink {...props} />)
